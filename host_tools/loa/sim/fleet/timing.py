"""Clocks of a fleet and its 10 ms tick: every sleep of a node ends on it, as on the chip, and all that end on one tick are woken together.

`RealClock` is the host's. `VirtualClock` stands still until its loop has nothing left to do and then jumps to what is due next.
"""

import asyncio
import selectors
import time
from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any, Protocol

TICK_US = 10_000
_JUMPS = 256  # a virtual loop has no sockets but the one that wakes it for a signal: so seldom is it asked


class Clock(Protocol):
    """Microseconds: `now_us` only grows, `unix_us` is the time of day. `now_ns` is the same as `now_us` for who asks often."""

    @property
    def now_ns(self) -> Callable[[], int]: ...

    def now_us(self) -> int: ...

    def unix_us(self) -> int: ...


class RealClock:
    """The host's time."""

    now_ns = staticmethod(time.monotonic_ns)

    def now_us(self) -> int:
        """Of the monotonic clock, as the event loop has it."""
        return time.monotonic_ns() // 1_000

    def unix_us(self) -> int:
        """Since 1970."""
        return time.time_ns() // 1_000


class VirtualClock:
    """Time that only `advance` moves; begins at `unix_us`."""

    def __init__(self, unix_us: int) -> None:
        self._began = unix_us
        self._now = 0

    def now_us(self) -> int:
        """Since the beginning."""
        return self._now

    def unix_us(self) -> int:
        """Since 1970."""
        return self._began + self._now

    def now_ns(self) -> int:
        """The same in nanoseconds."""
        return self._now * 1_000

    def advance(self, us: int) -> None:
        """Let time pass."""
        self._now += us


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop on a `VirtualClock`: instead of waiting it lets the clock jump. RuntimeError if nothing can ever happen again."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(_JumpingSelector(clock))
        self._virtual = clock

    def time(self) -> float:
        """Seconds of the virtual clock."""
        return self._virtual.now_us() / 1_000_000


class _JumpingSelector(selectors.SelectSelector):
    def __init__(self, clock: VirtualClock) -> None:
        super().__init__()
        self._clock = clock
        self._jumps = 0

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise RuntimeError("everything waits and no time-out is set")
        self._jumps += 1
        ready = super().select(0) if self._jumps % _JUMPS == 0 else []
        if not ready and timeout > 0:
            self._clock.advance(max(1, round(timeout * 1_000_000)))
        return ready


class Wheel:
    """The tick of all chips of one loop. Whatever is due on one tick is called together, in the order in which it was asked for."""

    def __init__(self, clock: Clock, loop: asyncio.AbstractEventLoop) -> None:
        self._now_us = clock.now_us
        self._loop = loop
        self._due: dict[int, list[Callable[[], object] | asyncio.Future[None]]] = {}
        self._ticks: list[int] = []  # the keys of `_due` as a heap
        self._alarm: asyncio.TimerHandle | None = None
        self._armed = 0  # the tick that the alarm is for

    def at(self, us: int, call: Callable[[], object] | asyncio.Future[None]) -> None:
        """Call on the first tick that is not before `us` on the clock; a future is done then."""
        tick = -(-us // TICK_US)
        waiting = self._due.get(tick)
        if waiting is not None:
            waiting.append(call)
            return
        self._due[tick] = [call]
        heappush(self._ticks, tick)
        if self._alarm is None or tick < self._armed:
            self._arm()

    def after(self, us: int, call: Callable[[], object]) -> None:
        """The same, `us` from now; never on a tick that has begun."""
        self.at(self._now_us() + max(us, 1), call)

    def _arm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._armed = self._ticks[0]
        self._alarm = self._loop.call_later(max(0, self._armed * TICK_US - self._now_us()) / 1_000_000, self._turn)

    def _turn(self) -> None:
        now = self._now_us() // TICK_US
        while self._ticks and self._ticks[0] <= now:
            for call in self._due.pop(heappop(self._ticks)):
                if not isinstance(call, asyncio.Future):
                    call()
                elif not call.done():
                    call.set_result(None)
        self._alarm = None
        if self._ticks:
            self._arm()
