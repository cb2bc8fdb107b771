"""The head of a RIFF/WAVE file or stream, parsed as its bytes come: up to the first byte of sound and no further.

Plays mono PCM of 16 bits and Microsoft IMA ADPCM; other chunks are stepped over; everything else is refused by code. Field names are
those of Microsoft's "Multiple Channel Audio Data and WAVE Files" and "New Multimedia Data Types" (IMA).
"""

from micropython import const

from node.refusal import NOT_AUDIO, RATE, Refused

PCM16 = "pcm16"
IMA_ADPCM = "ima-adpcm"
MP3 = "mp3"  # never within RIFF/WAVE

_TAG_PCM = const(0x0001)
_TAG_IMA = const(0x0011)
_RATE_MIN = const(8000)
_RATE_MAX = const(48000)
_IMA_BLOCK_MIN = const(8)
_IMA_BLOCK_MAX = const(4096)

_RIFF_BYTES = const(12)
_CHUNK_BYTES = const(8)
_FORMAT_BYTES = const(16)
_FORMAT_BYTES_MAX = const(64)
_HEAD_BYTES_MAX = const(65536)  # titles and pictures before the sound are stepped over up to here
_ENDLESS = const(0x7FFFF000)  # a writer that cannot know the size yet leaves one of this and above, or 0


class Format:
    """What the head says: `codec`, `rate` in frames a second, `block_bytes` and `block_frames`, and `data_bytes` (None: until the stream ends)."""

    def __init__(self, codec, rate, block_bytes, block_frames, data_bytes=None):
        self.codec = codec
        self.rate = rate
        self.block_bytes = block_bytes
        self.block_frames = block_frames
        self.data_bytes = data_bytes

    def joins(self, other):
        """True where a codec that plays `other` can go on with this."""
        return self.codec == other.codec and self.rate == other.rate and self.block_bytes == other.block_bytes

    def frames_in(self, n):
        """Frames in `n` bytes of sound from a block boundary on; a last block may be cut short."""
        blocks, rest = divmod(n, self.block_bytes)
        frames = blocks * self.block_frames
        if self.codec == IMA_ADPCM and rest >= 4:
            frames += 2 * (rest - 4) + 1
        return frames


def refuse_unless(format, codec):
    """Raise Refused(NOT_AUDIO) where `format` is not of this codec."""
    if format.codec != codec:
        raise Refused(NOT_AUDIO, f"{format.codec} where {codec} was promised")


class Parser:
    """Feed it bytes until `format` is no longer None. What it raises, Refused(NOT_AUDIO) or Refused(RATE), is final."""

    def __init__(self):
        self.format = None
        self.consumed = 0  # bytes of the head so far; once `format` stands, where the sound begins
        self._cell = bytearray(_FORMAT_BYTES_MAX)
        self._have = 0
        self._need = _RIFF_BYTES
        self._skip = 0
        self._on_cell = self._on_riff
        self._found = None
        self._padding = 0

    def feed(self, view, n):
        """Take at most `n` bytes from the front of `view`; returns how many: fewer than `n` only when the sound begins behind them."""
        taken = 0
        while taken < n and self.format is None:
            if self._skip:
                step = min(self._skip, n - taken)
                self._skip -= step
            else:
                step = min(self._need - self._have, n - taken)
                self._cell[self._have : self._have + step] = view[taken : taken + step]
                self._have += step
            taken += step
            self.consumed += step
            if self.consumed > _HEAD_BYTES_MAX:
                raise Refused(NOT_AUDIO, f"no sound in the first {_HEAD_BYTES_MAX} bytes")
            if self._have == self._need and not self._skip:
                self._have = 0
                self._on_cell()
        return taken

    def _expect_chunk(self, skip):
        self._skip = skip
        self._need = _CHUNK_BYTES
        self._on_cell = self._on_chunk

    def _on_riff(self):
        if self._cell[0:4] != b"RIFF" or self._cell[8:12] != b"WAVE":
            raise Refused(NOT_AUDIO, "not RIFF/WAVE")
        self._expect_chunk(0)

    def _on_chunk(self):
        kind = bytes(self._cell[0:4])
        size = self._number(4, 4)
        if kind == b"data":
            self._on_data(size)
        elif kind == b"fmt ":
            if self._found:
                raise Refused(NOT_AUDIO, "two fmt chunks")
            if not _FORMAT_BYTES <= size <= _FORMAT_BYTES_MAX:
                raise Refused(NOT_AUDIO, f"a fmt chunk of {size} bytes")
            self._need = size
            self._padding = size & 1
            self._on_cell = self._on_format
        else:
            self._expect_chunk(min(size, _HEAD_BYTES_MAX) + (size & 1))

    def _on_format(self):
        tag = self._number(0, 2)
        channels = self._number(2, 2)
        rate = self._number(4, 4)
        block_bytes = self._number(12, 2)
        bits = self._number(14, 2)
        if channels != 1:
            raise Refused(NOT_AUDIO, f"{channels} channels; only mono is played")
        if not _RATE_MIN <= rate <= _RATE_MAX:
            raise Refused(RATE, f"{rate} frames a second")
        if tag == _TAG_PCM and bits == 16 and block_bytes == 2:
            self._found = Format(PCM16, rate, 2, 1)
        elif tag == _TAG_IMA and bits == 4 and self._need >= 20:
            self._found = _ima_format(rate, block_bytes, self._number(18, 2))
        else:
            raise Refused(NOT_AUDIO, f"WAVE format {tag} with {bits} bits and blocks of {block_bytes} bytes")
        self._expect_chunk(self._padding)

    def _on_data(self, size):
        if self._found is None:
            raise Refused(NOT_AUDIO, "sound before its format")
        if 0 < size < _ENDLESS:
            self._found.data_bytes = size
        self.format = self._found

    def _number(self, at, n):
        return int.from_bytes(self._cell[at : at + n], "little")


def _ima_format(rate, block_bytes, block_frames):
    if not _IMA_BLOCK_MIN <= block_bytes <= _IMA_BLOCK_MAX or block_frames != 2 * (block_bytes - 4) + 1:
        raise Refused(NOT_AUDIO, f"IMA ADPCM blocks of {block_bytes} bytes and {block_frames} frames")
    return Format(IMA_ADPCM, rate, block_bytes, block_frames)
