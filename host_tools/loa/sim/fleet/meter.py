"""Measures what signature checking costs the processor: every step of `node.bus.rs256.verify`, or of its twin, that runs between two of its yields."""

import time
from collections.abc import Awaitable, Callable, Generator
from typing import Any

from loa.sim.fleet.signatures import twin_of
from loa.sim.fleet.universe import Universe


class Meter:
    """`checks`: signatures judged; `cpu_ns`: what all steps of them took together."""

    def __init__(self) -> None:
        self.checks = 0
        self.cpu_ns = 0

    def install(self, universe: Universe, twin: bool) -> None:
        """Measure from now on; with `twin` OpenSSL does the multiplications. What comes out does not change."""
        module = universe.load("node.bus.rs256")
        verify: Callable[..., Any] = module.__dict__["verify"]
        if twin:
            verify = twin_of(verify)
        module.__dict__["verify"] = lambda *arguments: _Measured(self, verify(*arguments))


class _Measured(Awaitable[bool]):
    def __init__(self, meter: Meter, coroutine: Any) -> None:
        self._meter = meter
        self._coroutine = coroutine

    def __await__(self) -> Generator[Any, Any, bool]:
        meter, steps = self._meter, self._coroutine.__await__()
        meter.checks += 1
        while True:
            began = time.thread_time_ns()
            try:
                waited = next(steps)
            except StopIteration as stop:
                return bool(stop.value)
            finally:
                meter.cpu_ns += time.thread_time_ns() - began
            yield waited
