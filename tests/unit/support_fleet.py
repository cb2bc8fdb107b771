"""A chip of a fleet without a loop: time stands where a test puts it, and ticks come when it says so."""

import contextvars

from loa.sim.fleet.chip import CURRENT, Chip, World
from loa.sim.fleet.timing import TICK_US


class Clock:
    """Microseconds that a test moves."""

    def __init__(self):
        self.us = 0

    def now_us(self):
        return self.us

    def now_ns(self):
        return self.us * 1_000

    def unix_us(self):
        return 1_700_000_000_000_000 + self.us


class Ticks:
    """The wheel, turned by hand."""

    def __init__(self, clock):
        self.clock = clock
        self.waiting = []

    def at(self, us, call):
        self.waiting.append((-(-us // TICK_US) * TICK_US, len(self.waiting), call))

    def after(self, us, call):
        self.at(self.clock.us + max(us, 1), call)

    def turn_to(self, us):
        """Let time pass to `us`, with every tick on the way."""
        while due := [entry for entry in self.waiting if entry[0] <= us]:
            first = min(due)
            self.waiting.remove(first)
            self.clock.us = max(self.clock.us, first[0])
            first[2]()
        self.clock.us = us


class Bench:
    """`chip` with power; `run(function)` calls in its context."""

    def __init__(self, files=None, journal_blocks=16, **around):
        self.clock = Clock()
        self.ticks = Ticks(self.clock)
        self.chip = Chip(World(self.clock, self.ticks), "a", files or {}, journal_blocks, data_blocks=8, seed=1, **around)
        self.chip.power_on("power")
        self.context = contextvars.copy_context()
        self.context.run(CURRENT.set, self.chip)

    def run(self, function, *arguments, **named):
        return self.context.run(function, *arguments, **named)
