"""PCM of 16 bits, little endian, mono: passed on as it is, in whatever pieces it comes."""

import micropython

from node.audio.wav import PCM16, refuse_unless


class Pcm16:
    """See `node.audio.codecs` for the shape of a codec."""

    name = PCM16

    def __init__(self):
        self._input = b""
        self._at = 0
        self._end = 0
        self._half = bytearray(2)  # the low byte of a frame whose high byte comes with the next feed
        self._has_half = False

    def start(self, format):
        refuse_unless(format, PCM16)
        self._at = self._end = 0
        self._has_half = False

    def feed(self, buffer, n):
        self._input = buffer
        self._at = 0
        self._end = n

    def finish(self):
        pass  # nothing is held back

    def decode_into(self, out, at, frames):
        made = 0
        if self._has_half and self._at < self._end:
            copy(out, 2 * at, self._half, 0, 1)
            copy(out, 2 * at + 1, self._input, self._at, 1)
            self._at += 1
            self._has_half = False
            made = 1
        whole = min(frames - made, (self._end - self._at) // 2)
        copy(out, 2 * (at + made), self._input, self._at, 2 * whole)
        self._at += 2 * whole
        made += whole
        if made == 0 and self._at < self._end:
            copy(self._half, 0, self._input, self._at, 1)
            self._at += 1
            self._has_half = True
        return made


@micropython.viper
def copy(target: ptr8, at: int, source: ptr8, start: int, n: int):
    """Copy `n` bytes; the caller has bounded both ranges."""
    i = 0
    while i < n:
        target[at + i] = source[start + i]
        i += 1
