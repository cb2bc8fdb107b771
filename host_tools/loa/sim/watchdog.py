"""The watchdog circuit of a simulated node: what is left until it bites. It resets nothing itself."""

import time

from loa.sim.hardware import lifeline


class Watchdog:
    """The circuit: once started it wants to be fed in time."""

    def __init__(self) -> None:
        self._timeout_s: float | None = None
        self._fed = 0.0

    def obey(self, line: bytes) -> None:
        """A line from the node that is no reset. ValueError for one that no emulation here writes."""
        if line.startswith(b"watchdog "):
            self._timeout_s = int(line.split()[1]) / 1000
        elif line != lifeline.FED.strip():
            raise ValueError(f"lifeline: {line!r}")
        self._fed = time.monotonic()

    def stop(self) -> None:
        self._timeout_s = None

    def left_s(self) -> float | None:
        """Seconds until it bites, None if it was never started."""
        return None if self._timeout_s is None else max(0.0, self._fed + self._timeout_s - time.monotonic())
