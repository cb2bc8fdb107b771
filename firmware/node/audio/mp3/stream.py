"""Finds frames in a stream of bytes: keeps the input, steps over tags, locks on to headers. It reads no sound.

Unlocked, a frame counts once the next one follows where it ends, with the same version, layer, rate and number of channels; locked, at once. So after
damage the second good frame confirms the first. Tags: ID3v2 and APE before or between frames, ID3v1 behind them.
"""

from array import array

from micropython import const

from node.audio.mp3.frame import FIELDS, FRAME_BYTES, PADDING, PROTECTED, SIDE_BYTES, find, header
from node.audio.mp3.hybrid import move
from node.audio.mp3.tables import FRAMES

_INPUT_BYTES = const(4096)
_GUARD = const(8)  # bytes behind the input that kernels may read
_FRAME_MAX = const(1732)  # free format: no more than a quarter above 320 kbit/s at 32 kHz
_HEADER = const(4)
_FRAME_MIN = const(38)  # a header, a CRC and the longest side information


class Stream:
    """`at` is where the frame begins that `next` found in `buffer`, `size` its bytes, `fields` what its header says, `kind` what that has in common with
    others (see `frame`). Who has read it adds `size` to `at`."""

    def __init__(self):
        self.buffer = bytearray(_INPUT_BYTES + _GUARD)
        self.fields = array("i", [0] * FIELDS)
        self.skipped = 0
        self.reset()

    def reset(self):
        self.at = 0
        self.size = 0
        self.damaged = 0  # bytes skipped just before this frame, in a stream that was locked; whoever has seen that makes it 0
        self.kind = -1  # -1: not locked
        self._end = 0
        self._skip = 0  # bytes of a tag still to come
        self._free = 0  # bytes of a frame of free format without padding
        self._ended = False

    def feed(self, view, count, start):
        if self.at:
            move(self.buffer, 0, self.buffer, self.at, self._end - self.at)
            self._end -= self.at
            self.at = 0
        n = min(count - start, _INPUT_BYTES - self._end)
        move(self.buffer, self._end, view, start, n)
        self._end += n
        return n

    def finish(self):
        self._ended = True

    def next(self):
        """True when a whole frame lies at `at`; False when more bytes are needed."""
        fields, at = self.fields, self.at
        if header(self.buffer, at, fields, FRAMES) == self.kind:  # the usual case first; behind the input lie old bytes or zeros
            size = fields[FRAME_BYTES]
            if _FRAME_MIN <= size <= self._end - at:
                self.size = size
                return True
        return self._search()

    def _search(self):
        """`next`, also where the stream is not locked, a tag lies, or the header is no good."""
        buffer = self.buffer
        while True:
            if self._skip:
                n = min(self._skip, self._end - self.at)
                self.at += n
                self._skip -= n
            left = self._end - self.at
            if left < _HEADER:
                return False
            kind = header(buffer, self.at, self.fields, FRAMES)
            if kind:
                size = self.fields[FRAME_BYTES]
                if not size:
                    size = self._free_size(left, kind)
                if size < 0 or (size and left < size):
                    return self._starve()
                if size:
                    verdict = self._judge(size, left, kind)
                    if verdict > 0:
                        self.size = size
                        return True
                    if verdict < 0:
                        return self._starve()
            elif self._tag(left):
                continue
            elif left < 10 and buffer[self.at] in b"IAT" and not self._ended:
                return False
            self._pass()

    def _starve(self):
        """More bytes are needed; at the end of the stream none come, and what cannot be a frame is passed over."""
        if not self._ended:
            return False
        self._pass()
        return self.next() if self._end - self.at >= _HEADER else False

    def _pass(self):
        """What lies here is no frame: go to where the next one may begin."""
        at = find(self.buffer, self.at + 1, self._end)
        if self.kind > 0 or self.damaged:
            self.damaged += at - self.at
        self.kind = -1
        self.skipped += at - self.at
        self.at = at

    def _judge(self, size, left, kind):
        """1: a frame, 0: none, -1: cannot be told before more bytes come."""
        fields = self.fields
        if size < _HEADER + fields[SIDE_BYTES] + 2 * fields[PROTECTED]:
            return 0
        if self.kind == kind:
            return 1
        if left < size + _HEADER:
            if not self._ended or left != size:
                return -1
        else:
            follows = header(self.buffer, self.at + size, fields, FRAMES)
            header(self.buffer, self.at, fields, FRAMES)
            if follows != kind:
                return 0
        self.kind = kind
        return 1

    def _free_size(self, left, kind):
        """Bytes of this frame of free format, found by the header that follows and the one as far behind that; 0: not to be found, -1: not yet."""
        fields = self.fields
        padding = fields[PADDING]
        if self.kind > 0 and self._free:
            return self._free + padding
        size = 0
        distance = find(self.buffer, self.at + _HEADER + fields[SIDE_BYTES], self._end) - self.at
        while distance <= min(left - _HEADER, _FRAME_MAX):
            if self._free_at(distance, kind):
                behind = 2 * distance - padding + fields[PADDING]
                if behind > left - _HEADER:
                    size = distance if self._ended else -1
                elif self._free_at(behind, kind):
                    size = distance
                if size:
                    break
            distance = find(self.buffer, self.at + distance + 1, self._end) - self.at
        header(self.buffer, self.at, fields, FRAMES)
        if size > 0:
            self._free = size - padding
        elif not size and left <= _FRAME_MAX + _HEADER and not self._ended:
            return -1
        return size

    def _free_at(self, distance, kind):
        """True where a header of free format and this kind stands so far behind `at`; `fields` then say what it does."""
        return header(self.buffer, self.at + distance, self.fields, FRAMES) == kind and not self.fields[FRAME_BYTES]

    def _tag(self, left):
        """True where a tag begins here, which is stepped over. ID3v2: id3.org; APEv2: a head or foot of 32 bytes that gives the size of what follows."""
        buffer, at = self.buffer, self.at
        if buffer[at] == 0x49 and left >= 10 and buffer[at + 1] == 0x44 and buffer[at + 2] == 0x33:
            if (buffer[at + 6] | buffer[at + 7] | buffer[at + 8] | buffer[at + 9]) & 0x80:
                return False
            size = buffer[at + 6] << 21 | buffer[at + 7] << 14 | buffer[at + 8] << 7 | buffer[at + 9]
            self._skip = size + (20 if buffer[at + 5] & 0x10 else 10)
        elif buffer[at] == 0x54 and left >= 3 and buffer[at + 1] == 0x41 and buffer[at + 2] == 0x47:
            self._skip = 128
        elif buffer[at] == 0x41 and left >= 32 and buffer[at + 1] == 0x50 and buffer[at + 2] == 0x45 and buffer[at + 3] == 0x54:
            size = buffer[at + 12] | buffer[at + 13] << 8 | buffer[at + 14] << 16
            self._skip = 32 + (size if buffer[at + 23] & 0x20 else 0)
        else:
            return False
        return True
