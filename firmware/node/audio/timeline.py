"""What has left the ring and what still lies in it, told from ticks: `machine.I2S` counts no played frames, but runs from the same crystal.

The queue drains at the nominal rate; what the hardware shows bounds the error: a write that was taken means that at most a full ring
is queued, one that had to wait that the ring is as good as full. Whole numbers below 2**30 throughout.
"""

from micropython import const

_SECOND_US = const(1_000_000)
_SMALL_INT = const(0x3FFFFFFF)  # beyond this an integer is a heap object on the chip
_DMA_FRAMES = const(256)
_COPY_MS = const(10)  # the copy task wakes by these
_TICKS_HALF = const(0x1FFFFFFF)  # the longest span that ticks can tell


class Timeline:
    """A queue of blocks of `block_frames` that play at `rate` frames a second from a ring of `ring_frames`; `clock` has MicroPython's ticks.

    Each block carries how many frames of programme are in it; the rest is silence around it.
    """

    def __init__(self, rate, ring_frames, block_frames, clock):
        self._clock = clock
        self._rate = rate
        self._ring_frames = ring_frames
        self._block_frames = block_frames
        divisor = _common_divisor(rate, _SECOND_US)
        self._frames_part = rate // divisor  # frames = microseconds * frames_part / us_part
        self._us_part = _SECOND_US // divisor
        self._span_us = min((_SMALL_INT - self._us_part) // self._frames_part, _TICKS_HALF)
        most = ring_frames + 2 * block_frames  # in the ring, waiting for it, and in doubt
        if self._span_us < most * _SECOND_US // rate or most * self._us_part > _SMALL_INT:
            raise ValueError(f"a ring of {ring_frames} frames at {rate}")
        self._late_frames = (
            rate * _COPY_MS // 1000 + _DMA_FRAMES
        )  # a block written to a dry ring begins to leave no later than behind these
        self._contents = bytearray(2 * (most // block_frames + 2))  # programme frames of each block not yet left, a circle of uint16
        self.reset()

    def reset(self):
        """The ring is empty from now on and nothing of the programme has left it."""
        self._marked = self._clock.ticks_us()
        self._rest = 0  # part of a frame, in 1 / us_part
        self._queued = 0
        self._first = 0
        self._blocks = 0
        self.gaps = 0  # times that the ring ran dry
        self.restart()

    def restart(self):
        """Count what leaves from zero: a new programme begins. Its position is `left_ms`."""
        self.left_ms = 0
        self._left_rest = 0  # part of a millisecond, in 1 / rate
        self.programme_blocks = 0  # blocks with programme in them that have not left

    def queued(self):
        """Frames that have still to leave, between 0 and the ring and a block; brings everything else here up to date."""
        now = self._clock.ticks_us()
        elapsed = self._clock.ticks_diff(now, self._marked)
        self._marked = now
        if 0 <= elapsed < self._span_us:
            parts = elapsed * self._frames_part + self._rest
            gone = parts // self._us_part
            self._rest = parts % self._us_part
        else:
            gone = self._ring_frames + self._block_frames
        if gone > self._queued:
            if self._queued:
                self.gaps += 1
            self._queued = 0
        else:
            self._queued -= gone
        self._retire()
        return self._queued

    def write(self, programme):
        """A block with `programme` frames of programme in it was handed over."""
        if self.queued() == 0:
            self._queued = self._late_frames
        place = (self._first + self._blocks) * 2 % len(self._contents)
        self._contents[place] = programme & 0xFF
        self._contents[place + 1] = programme >> 8
        self._blocks += 1
        self._queued += self._block_frames
        if programme:
            self.programme_blocks += 1

    def taken(self):
        """The last block lies in the ring entirely: no more than a full ring is queued."""
        if self.queued() > self._ring_frames:
            self._queued = self._ring_frames
            self._retire()

    def waiting(self):
        """The last block still waits for room: the ring is full but for the buffer that is going out."""
        self._queued = max(self.queued(), self._ring_frames - _DMA_FRAMES)

    def us_until(self, queued):
        """Microseconds until no more than `queued` frames are left, 0 where that is so; to be asked behind `queued`."""
        return max(0, self._queued - queued) * self._us_part // self._frames_part

    def _retire(self):
        """Count the blocks of which every frame has left."""
        while self._blocks and (self._blocks - 1) * self._block_frames >= self._queued:
            place = 2 * self._first
            programme = self._contents[place] | self._contents[place + 1] << 8
            self._first = (self._first + 1) % (len(self._contents) // 2)
            self._blocks -= 1
            if programme:
                self.programme_blocks -= 1
                parts = programme * 1000 + self._left_rest
                self.left_ms += parts // self._rate
                self._left_rest = parts % self._rate


def _common_divisor(a, b):
    while b:
        a, b = b, a % b
    return a
