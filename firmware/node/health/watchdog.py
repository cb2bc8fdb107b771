"""Feeds the hardware watchdog only while every task shows that it lives, so that one task that hangs ends in a restart (DESIGN, "always", 7).

A busy loop without a yield stops the feeding task itself; a task that waits for ever for something that never comes is what check-ins find.
Pure: the clock is ticks handed in, the hardware is whatever has `feed()`.
"""

import asyncio
import time

from micropython import const

_FEED_MS = const(1_000)


class Watchdog:
    """`wdt`: machine.WDT or the like, whose time-out should be several seconds; `hung(name)` is called once, before the feeding stops for good."""

    def __init__(self, wdt, hung):
        self._wdt = wdt
        self._hung = hung
        self._tasks = {}  # name: [period in ms, ticks of the last check-in]
        self.stuck = None  # name of the task that hung

    def register(self, name, period_ms, now):
        """From ticks `now` on the task `name` must check in at least every `period_ms` (below 2**29)."""
        self._tasks[name] = [period_ms, now]

    def forget(self, name):
        """The task ends in the ordinary way."""
        del self._tasks[name]

    def check_in(self, name, now):
        """The task `name` lives at ticks `now`. KeyError if it was never registered."""
        self._tasks[name][1] = now

    def look(self, now):
        """Feed at ticks `now` and return None; or return the name of a task that is overdue, and never feed again, so that the reset comes."""
        if self.stuck is None:
            for name in self._tasks:
                period_ms, last = self._tasks[name]
                if time.ticks_diff(now, last) > period_ms:
                    self.stuck = name
                    self._hung(name)
                    return name
            self._wdt.feed()
        return self.stuck

    async def run(self):
        """Task: looks every second until one hangs."""
        while self.look(time.ticks_ms()) is None:
            await asyncio.sleep_ms(_FEED_MS)
