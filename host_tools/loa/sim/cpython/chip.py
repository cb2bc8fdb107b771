"""The one chip of this CPython process. Its hardware runs in a thread, as interrupts do; the tick never overlaps with itself or with switching off."""

import os
import select
import sys
import threading
import time

from micropython import schedule

from loa.sim.hardware.chip import Chip
from loa.sim.hardware.pulse import Pulse


class _ThreadPulse(Pulse):
    """Begins to beat with the first listener."""

    def __init__(self, now_us) -> None:
        super().__init__(now_us)
        self._lock = threading.RLock()
        self._thread: threading.Thread | None = None

    def subscribe(self, listener) -> None:
        with self._lock:
            super().subscribe(listener)
            if self._thread is None:
                self._thread = threading.Thread(target=self._beat, name="hardware", daemon=True)
                self._thread.start()

    def unsubscribe(self, listener) -> None:
        with self._lock:
            super().unsubscribe(listener)

    def run_due(self) -> None:
        with self._lock:
            super().run_due()

    def stand_still(self, microseconds: int) -> None:
        """Let no listener run for so long."""
        with self._lock:
            time.sleep(microseconds / 1_000_000)

    def _beat(self) -> None:
        while True:
            time.sleep(self.until_next_us() / 1_000_000)
            self.run_due()


def _now_us() -> int:
    return time.monotonic_ns() // 1_000


class _CPython:
    now_us = staticmethod(_now_us)
    unix_ns = staticmethod(time.time_ns)
    environment = staticmethod(os.environ.get)
    rename = staticmethod(os.replace)
    schedule = staticmethod(schedule)

    def __init__(self, pulse: Pulse) -> None:
        self._pulse = pulse

    def open(self, path: str, mode: str):
        return open(path, mode, buffering=0 if "b" in mode else -1)

    def open_descriptor(self, number: int):
        return os.fdopen(number, "r+b", buffering=0)

    def readable(self, stream) -> bool:
        return bool(select.select([stream], [], [], 0)[0])

    def sleep_to_tick(self, limit_us: int) -> None:
        time.sleep(min(limit_us, self._pulse.until_next_us()) / 1_000_000)

    def stand_still(self, microseconds: int) -> None:
        self._pulse.stand_still(microseconds)

    def turn_crystal(self, figures, seed) -> None:
        """Ticks are the host's here: a crystal of the board's own needs the unix port."""

    def crystal_ppm(self) -> float:
        return 0.0

    def leave(self) -> None:
        sys.stdout.flush()
        os._exit(0)


_PULSE = _ThreadPulse(_now_us)
CHIP = Chip(_CPython(_PULSE), _PULSE)
