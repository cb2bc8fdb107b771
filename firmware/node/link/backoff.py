"""How long to wait after failures: doubling with jitter, so that the nodes of a district do not all come back in one second after a power cut."""


class Backoff:
    """From `first_ms` to `longest_ms`, both with jitter; `chance` gives a number of [0, 1), such as `random.random`."""

    def __init__(self, first_ms, longest_ms, chance):
        self._first_ms = first_ms
        self._longest_ms = longest_ms
        self._chance = chance
        self._next_ms = first_ms

    def next(self):
        """Milliseconds to wait after one more failure."""
        step_ms = self._next_ms
        self._next_ms = min(2 * step_ms, self._longest_ms)
        return self.around(step_ms)

    def around(self, milliseconds):
        """Between half and one and a half times as many."""
        return int(milliseconds * (0.5 + self._chance()))

    def reset(self):
        """It worked: the next failure is a first one."""
        self._next_ms = self._first_ms
