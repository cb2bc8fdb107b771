"""An I2S peripheral with its ring on virtual time, behaving as BOARD says, and an amplifier that notes when it is switched.

DMA buffers of 256 frames go out one after the other; a copy task that wakes every 10 ms moves the one outstanding write into buffers that
have gone out and calls back; zeros go out where nothing was copied in time. All that went out is in `emitted`.
"""

from array import array

_DMA_FRAMES = 256
_TICK_US = 10_000


class FakeI2S:
    """One `machine.I2S` in irq mode. `lose` holds numbers of callbacks, counted from 0, that never come."""

    def __init__(self, board, rate, ring_bytes):
        self._board = board
        self._rate = rate
        self._buffers = max(2, ring_bytes // (2 * _DMA_FRAMES))
        self._queue = []  # DMA buffers with samples, the first goes out now or next
        self._pending = None
        self._copied = 0
        self._callback = None
        self._us = 0  # since the clocks started
        self._gone = 0  # DMA buffers gone out
        self._ticks = 0
        self.calls = 0

    def irq(self, handler):
        self._callback = handler

    def write(self, buffer):
        assert self._board.i2s is self, "written after deinit"
        assert len(buffer) % (2 * _DMA_FRAMES) == 0
        if self._pending is not None:
            self._board.writes_lost += 1
            return len(buffer)
        self._pending = buffer
        self._copied = 0
        return len(buffer)

    def deinit(self):
        assert self._pending is None, "deinit with a write outstanding"
        assert not self._board.amplifier.is_on, "clocks stopped under a live amplifier"
        self._board.i2s = None

    def advance(self, us):
        """`us` more of virtual time."""
        end = self._us + us
        while True:
            next_buffer = (self._gone + 1) * _DMA_FRAMES * 1_000_000 // self._rate
            next_tick = (self._ticks + 1) * _TICK_US
            self._us = min(next_buffer, next_tick)
            if self._us > end:
                break
            if self._us == next_buffer:
                self._gone += 1
                self._emit()
            else:
                self._ticks += 1
                self._copy()
        self._us = end

    def _emit(self):
        board = self._board
        if self._queue:
            board.emitted.extend(self._queue.pop(0))
        else:
            board.emitted.extend(board.zeros)
            board.dry += 1

    def _copy(self):
        if self._pending is None:
            return
        while self._copied < len(self._pending) and len(self._queue) < self._buffers:
            part = array("h", bytes(memoryview(self._pending)[self._copied : self._copied + 2 * _DMA_FRAMES]))
            self._queue.append(part)
            self._copied += 2 * _DMA_FRAMES
        if self._copied == len(self._pending):
            self._pending = None
            number = self._board.callbacks
            self._board.callbacks += 1
            if number not in self._board.lose:
                self._callback(self)


class FakeAmplifier:
    """Notes how many frames had gone out when it was switched."""

    def __init__(self, board):
        self._board = board
        self.is_on = False
        self.broken = False
        self.switched = []

    async def on(self, rate):
        assert self._board.i2s is not None
        if self.broken:
            raise OSError("no codec answers")
        self.is_on = True
        self.switched.append((True, len(self._board.emitted)))

    def off(self):
        self.is_on = False
        self.switched.append((False, len(self._board.emitted)))


class FakeBoard:
    """What the sink is made of: `make_i2s`, `amplifier`; and what became of it."""

    def __init__(self, clock):
        clock.devices.append(self)
        self.i2s = None
        self.amplifier = FakeAmplifier(self)
        self.emitted = array("h")
        self.zeros = array("h", [0] * _DMA_FRAMES)
        self.writes_lost = 0
        self.dry = 0  # DMA buffers of zeros that went out for want of samples
        self.callbacks = 0
        self.lose = ()
        self.broken = None  # an errno

    def make_i2s(self, rate, ring_bytes):
        assert self.i2s is None, "a second I2S while one runs"
        if self.broken:
            raise OSError(self.broken)
        self.i2s = FakeI2S(self, rate, ring_bytes)
        return self.i2s

    def advance(self, us):
        if self.i2s:
            self.i2s.advance(us)
