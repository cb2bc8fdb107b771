"""A WAV file on the node's file system, from any position: found by arithmetic, because blocks can be decoded alone."""

import os

from micropython import const

from node.audio.wav import Parser
from node.refusal import LENGTH, NOT_AUDIO, Refused

_HEAD_BYTES = const(256)  # read at a time until the sound begins
_SIZE = const(6)  # place in os.stat's tuple


class FileSource:
    """See `node.audio.sources`. The file is checked to be as long as its head says: LENGTH where it was cut."""

    def __init__(self, path):
        self._path = path
        self._file = None
        self._bytes_left = 0
        self.format = None
        self.skip_frames = 0
        self.frames_left = -1
        self.total_ms = None

    async def open(self, start_ms):
        try:
            size = os.stat(self._path)[_SIZE]
            self._file = open(self._path, "rb")
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
        except OSError as error:
            raise Refused(NOT_AUDIO, f"{self._path}: {error}")
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

    async def readinto(self, view):
        n = min(len(view), self._bytes_left)
        if n == 0:
            return 0
        try:
            n = self._file.readinto(view[:n])
        except OSError as error:
            raise Refused(NOT_AUDIO, f"{self._path}: {error}")
        if not n:
            raise Refused(LENGTH, f"{self._bytes_left} bytes of sound are missing")
        self._bytes_left -= n
        return n

    def close(self):
        if self._file:
            self._file.close()
            self._file = None
