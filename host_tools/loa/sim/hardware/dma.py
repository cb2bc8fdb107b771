"""The DMA ring behind `machine.I2S`: buffers of 256 frames that are played in turn for ever, filled or not.

As the I2S driver of ESP-IDF 5: a played buffer is cleared and queued as free; if the writer is late the oldest of the queue is dropped, so that the
next write is heard soon; a half filled buffer stays the writer's even when it is played, which is how writes that are not whole buffers lose samples.
"""

BUFFER_FRAMES = 256


class DmaRing:
    """`buffers`: how many, at least 2; `emit(buffer)` gets every buffer as it leaves the ring and must not keep it."""

    def __init__(self, buffers, frame_bytes, rate, emit, now_us):
        self._bytes = BUFFER_FRAMES * frame_bytes
        self._buffers = [bytearray(self._bytes) for _ in range(buffers)]
        self._silence = bytes(self._bytes)
        self._rate = rate
        self._emit = emit
        self._started = now_us
        self._played = 0
        self._free = []
        self._filling = None
        self._filled = 0

    def advance(self, now_us, served=True):
        """Play every buffer whose time has passed by `now_us`. Not `served`: no interrupt clears and frees them, so that old ones sound again."""
        due = (now_us - self._started) * self._rate // (BUFFER_FRAMES * 1_000_000)
        while self._played < due:
            number = self._played % len(self._buffers)
            self._played += 1
            self._emit(self._buffers[number])
            if not served:
                continue
            self._buffers[number][:] = self._silence
            if len(self._free) == len(self._buffers) - 1:
                self._free.pop(0)
            self._free.append(number)

    def put(self, view):
        """Copy as much of `view` as there is room for; returns the number of bytes."""
        taken = 0
        while taken < len(view):
            if self._filling is None or self._filled == self._bytes:
                if not self._free:
                    break
                self._filling = self._free.pop(0)
                self._filled = 0
            step = min(len(view) - taken, self._bytes - self._filled)
            self._buffers[self._filling][self._filled : self._filled + step] = view[taken : taken + step]
            self._filled += step
            taken += step
        return taken


class Transmitter:
    """I2S in irq mode: the task that copies one handed-in buffer at a time into the ring, on the 10 ms tick, and then says so.

    `done()` is called when the buffer has been copied and may be used again. A write while one is under way is lost, without a word.
    `is_late()` is asked on each tick whether a more urgent task keeps it from running.
    """

    def __init__(self, ring, done, now_us, period_us, is_late=lambda: False):
        self._ring = ring
        self._done = done
        self._period_us = period_us
        self._is_late = is_late
        self._next_us = now_us + period_us
        self._buffer = None
        self._copied = 0

    def write(self, buffer):
        """Hand in a buffer, which the copy task reads later."""
        if self._buffer is None:
            self._copied = 0
            self._buffer = buffer

    def run(self, now_us):
        """Catch up with all ticks to now: the task does not depend on the program, which may have been busy."""
        while self._next_us <= now_us:
            self._ring.advance(self._next_us)
            if not self._is_late():
                self._copy()
            self._next_us += self._period_us

    def deaf(self, now_us):
        """Flash was being erased up to now: neither interrupts nor the task have run, and DMA went on with what was in the ring."""
        self._ring.advance(now_us, served=False)
        while self._next_us <= now_us:
            self._next_us += self._period_us

    def _copy(self):
        if self._buffer is None:
            return
        self._copied += self._ring.put(memoryview(self._buffer)[self._copied :])
        if self._copied == len(self._buffer):
            self._buffer = None
            self._done()
