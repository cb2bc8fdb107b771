"""Runs a coroutine in virtual time on both runtimes: waiting costs nothing, and what the test simulates is advanced by it.

Time moves only when every task waits, and then straight to the next one that is due; it starts just before the ticks wrap at 2**30.
"""

import asyncio
import sys

_PERIOD = 1 << 30
_START_US = _PERIOD - 2_000_000


async def turns(count):
    """Let everything else that can go on have its turn so many times; no time passes."""
    for _ in range(count):
        await asyncio.sleep_ms(0)


class VirtualClock:
    """MicroPython's ticks on virtual time. Each of `devices` has `advance(us)`, called with the microseconds that pass.

    What is not over when `within_s` virtual seconds have passed fails: it may poll for something that never comes.
    """

    def __init__(self, within_s=None):
        self.now_us = 0
        self.devices = []
        self._end_us = within_s and within_s * 1_000_000

    def ticks_us(self):
        return (_START_US + self.now_us) % _PERIOD

    def ticks_ms(self):
        return (_PERIOD - 2_000 + self.now_us // 1000) % _PERIOD

    def ticks_diff(self, end, start):
        return (end - start + (_PERIOD >> 1)) % _PERIOD - (_PERIOD >> 1)

    def ticks_add(self, ticks, delta):
        return (ticks + delta) % _PERIOD

    def pass_us(self, us):
        """Let time pass, also in the middle of a call that does not yield."""
        self.now_us += us
        if self._end_us and self.now_us > self._end_us:
            self._end_us = None  # once: what is cancelled then still has to come to its end
            raise AssertionError("it is not over")
        for device in self.devices:
            device.advance(us)

    def run(self, coroutine):
        """The coroutine's result. Raises AssertionError when everything waits for something that no time brings."""
        return _run(self, coroutine)


def _deadlock():
    raise AssertionError("every task waits for ever")


if sys.implementation.name == "micropython":
    import asyncio.core as core

    _AHEAD_MS = 3_600_000  # tasks that are ready are queued with the real ticks: these must lie before every virtual one

    class _Waiter:
        def __init__(self, clock):
            self._clock = clock

        def wait_io_event(self, milliseconds):
            if milliseconds < 0:
                _deadlock()
            self._clock.pass_us(milliseconds * 1000)

        def remove(self, task):
            pass

    def _run(clock, coroutine):
        real_ticks, real_queue = core.ticks, core._io_queue
        base = core.ticks_add(real_ticks(), _AHEAD_MS)
        core.ticks = lambda: core.ticks_add(base, clock.now_us // 1000)
        core._io_queue = _Waiter(clock)
        try:
            return asyncio.run(coroutine)
        finally:
            core.ticks, core._io_queue = real_ticks, real_queue

else:
    import selectors

    class _Selector(selectors.SelectSelector):
        clock = None

        def select(self, timeout=None):
            if timeout is None:
                _deadlock()
            if timeout > 0:
                # Up to a whole millisecond, as MicroPython's loop waits.
                self.clock.pass_us(-(-int(timeout * 1_000_000 - 1) // 1000) * 1000)
            return super().select(0)

    def _run(clock, coroutine):
        selector = _Selector()
        selector.clock = clock
        loop = asyncio.SelectorEventLoop(selector)
        loop.time = lambda: clock.now_us / 1_000_000
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            return runner.run(coroutine)
