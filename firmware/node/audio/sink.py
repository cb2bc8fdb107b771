"""The loudspeaker end: `machine.I2S` in interrupt mode, and the amplifier behind it, by the rules that the hardware sets.

One write outstanding, each a whole number of DMA buffers; a callback that was lost is given up by time; the amplifier goes on after the
clocks are stable and off before they stop. What is written cannot be taken back: it leaves at the latest a ring later.
"""

import asyncio
import time

from micropython import const

from node.audio.timeline import Timeline

_BLOCK_UNIT = const(512)  # frames: two DMA buffers of 256
_BLOCK_MS_MIN = const(20)  # a block is also how long a fade takes
_RING_MS_MIN = const(240)
_STALL_MS = const(170)  # the longest call that cannot be split while sound is out, a step of a TLS handshake (163 ms)
_SMALL_RING_MS = const(170)  # 8 KB at 24 kHz: what IDF can spare without PSRAM beside a TLS session and what comes over the network
_SMALL_STALL_MS = const(100)  # a step of a TLS handshake with an RSA certificate (95 ms): more would not fit the small ring
_TICK_US = const(10_000)  # the copy task wakes by these
_LOST_US = const(40_000)  # a callback this much later than the ring had room is not coming any more
_POLL_MS = const(5)
_STABLE_BLOCKS = const(2)  # blocks of silence around switching the amplifier


class I2SSink:
    """Mono int16 out at `rate`.

    `i2s_factory(rate, ring_bytes)` makes a running `machine.I2S` with a ring of so many bytes; `amplifier` has `async on(rate)` and `off()`; `take(n)` gives
    a buffer of n bytes for good.
    Blocks are `block_frames` long: the multiple of 512 that lasts at least 20 ms. The ring holds at least 240 ms, a `small` one 170.
    """

    def __init__(self, i2s_factory, amplifier, rate, small=False, clock=time, take=bytearray):
        self._i2s_factory = i2s_factory
        self._amplifier = amplifier
        self._clock = clock
        self.rate = rate
        self.block_frames = _multiple(rate * _BLOCK_MS_MIN // 1000, _BLOCK_UNIT)
        self.ring_frames = _multiple(rate * (_SMALL_RING_MS if small else _RING_MS_MIN) // 1000, self.block_frames)
        self.stall_frames = rate * (_SMALL_STALL_MS if small else _STALL_MS) // 1000
        self.timeline = Timeline(rate, self.ring_frames, self.block_frames, clock)
        self.callbacks_lost = 0
        self.silence = take(2 * self.block_frames)  # a block of it, for whoever needs one
        self._i2s = None
        self._outstanding = False  # a block is on its way into the ring, or its callback is lost
        self._called_back = False
        self._written = 0  # ticks in us
        self._overdue_us = 0  # after `_written`: then the callback is lost

    @property
    def running(self):
        """True between `start` and `stop`: clocks run and the amplifier is on."""
        return self._i2s is not None

    async def start(self):
        """Start the clocks, let silence out, then switch the amplifier on.

        Raises OSError, with the clocks stopped, where there is no room for the ring or the way to the loudspeaker does not work.
        """
        i2s = self._i2s_factory(self.rate, 2 * self.ring_frames)
        i2s.irq(self._on_callback)
        self._i2s = i2s
        self._outstanding = False
        self.timeline.reset()
        await self._write_silence(_STABLE_BLOCKS)
        while self.timeline.queued() > self.block_frames:
            await asyncio.sleep_ms(_POLL_MS)
        try:
            await self._amplifier.on(self.rate)
        except OSError:
            await self.stop()
            raise
        await self._write_silence(1)

    async def stop(self):
        """Amplifier off, then the clocks. Whoever does not want a click sees to it that only silence is queued."""
        if not self.running:
            return
        self._amplifier.off()
        await self._write_silence(_STABLE_BLOCKS)
        while self.timeline.queued() or not self.ready():
            await asyncio.sleep_ms(_POLL_MS)
        self._i2s.deinit()
        self._i2s = None

    def ready(self):
        """True when a block may be written; the timeline is then true. To be asked every few milliseconds while sound is out: it also keeps it so."""
        if not self._outstanding:
            self.timeline.queued()
            return True
        elapsed = self._clock.ticks_diff(self._clock.ticks_us(), self._written)
        if self._called_back or elapsed > self._overdue_us:
            if not self._called_back:
                self.callbacks_lost += 1
            self._outstanding = False
            self.timeline.taken()
            return True
        if elapsed > 2 * _TICK_US:
            self.timeline.waiting()
        return False

    def write(self, block, programme):
        """Hand over a block of `block_frames`, of which `programme` frames are programme; only when `ready`, and it stays untouched until `ready` again.

        Allocates nothing.
        """
        if self._outstanding:
            raise RuntimeError("the block before is still being copied")
        self.timeline.write(programme)
        self._outstanding = True
        self._called_back = False
        self._written = self._clock.ticks_us()
        self._overdue_us = self.timeline.us_until(self.ring_frames) + _LOST_US
        self._i2s.write(block)

    def queued_frames(self):
        """Frames written that have not left the ring."""
        return self.timeline.queued()

    def _on_callback(self, _):
        """Interrupt: the copy task has put all of the block into the ring. It may come between any two bytecodes, so it only leaves word."""
        self._called_back = True

    async def _write_silence(self, blocks):
        for _ in range(blocks):
            while not self.ready():
                await asyncio.sleep_ms(_POLL_MS)
            self.write(self.silence, 0)


def _multiple(frames, unit):
    return (frames + unit - 1) // unit * unit
