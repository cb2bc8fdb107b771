"""A WAV file on the node's file system, from any position: found by arithmetic, because blocks can be decoded alone."""

from micropython import const

from node.audio.sources.stored import Stored
from node.audio.wav import Parser
from node.refusal import LENGTH, NOT_AUDIO, Refused

_HEAD_BYTES = const(256)  # read at a time until the sound begins


class FileSource(Stored):
    """See `node.audio.sources`. The file is checked to be as long as its head says: LENGTH where it was cut."""

    async def _find(self, size, start_ms):
        parser = self._parse()
        format = parser.format
        data_bytes = size - parser.consumed
        if format.data_bytes is not None:
            if format.data_bytes > data_bytes:
                raise Refused(LENGTH, f"{data_bytes} bytes of sound instead of {format.data_bytes}")
            data_bytes = format.data_bytes
        frames = format.frames_in(data_bytes)
        start = min(start_ms * format.rate // 1000, frames)
        block = start // format.block_frames
        self._file.seek(parser.consumed + block * format.block_bytes)
        self._bytes_left = data_bytes - block * format.block_bytes
        self.skip_frames = start - block * format.block_frames
        self.frames_left = frames - start
        self.total_ms = frames * 1000 // format.rate
        self.format = format

    def _parse(self):
        parser = Parser()
        view = memoryview(bytearray(_HEAD_BYTES))
        while parser.format is None:
            n = self._file.readinto(view)
            if not n:
                raise Refused(NOT_AUDIO, "ends before the sound begins")
            parser.feed(view, n)
        return parser
