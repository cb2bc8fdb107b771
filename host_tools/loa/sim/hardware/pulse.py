"""The 10 ms tick of FreeRTOS: tells when the next one is due and runs on it what the chip does beside the program.

Keeps a fixed grid, however late it is called, and never runs a tick twice. It does not wait: the runtime's `time` and `select` do.
"""

PERIOD_US = 10_000


class Pulse:
    """`now_us`: function that returns microseconds which only grow."""

    def __init__(self, now_us):
        self._now_us = now_us
        self._next = now_us() + PERIOD_US
        self._listeners = ()

    def subscribe(self, listener):
        """Call `listener(now_us)` on every tick from now on."""
        self._listeners += (listener,)

    def unsubscribe(self, listener):
        """Stop calling it; a listener may take itself off while it runs."""
        self._listeners = tuple([other for other in self._listeners if other != listener])

    def until_next_us(self):
        """Microseconds to the next tick, 0 if it is due."""
        return max(0, self._next - self._now_us())

    def run_due(self):
        """Run the listeners if a tick is due. Ticks that nobody asked about in time are one: a listener works from the time, not by counting."""
        now = self._now_us()
        if now < self._next:
            return
        self._next += ((now - self._next) // PERIOD_US + 1) * PERIOD_US
        for listener in self._listeners:
            listener(now)
