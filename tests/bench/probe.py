"""A simulated node that is watched from outside its firmware: on MicroPython its heap, on CPython the bytecodes between two yields."""

from pathlib import Path

import loa.sim
from loa.firmware import CPYTHON_TWINS
from loa.sim.node import SimulatedNode

HEAP_FILE = "heap.jsonl"
STEPS_FILE = "steps.json"

_HERE = Path(__file__).parent
_ROOT = _HERE.parent.parent
_UNIX = Path(loa.sim.__file__).parent / "unix"


class ProbedNode(SimulatedNode):
    """Writes `heap.jsonl` or `steps.json` into its folder while it runs."""

    def _command(self) -> list[str]:
        command = super()._command()
        if self.runtime.is_micropython:
            start = command.index(str(_UNIX / "start.py"))
            return [*command[:start], str(_HERE / "probe_heap.py"), HEAP_FILE, *command[start:]]
        start = command.index(str(CPYTHON_TWINS / "start.py"))
        return [*command[:start], str(_HERE / "probe_steps.py"), str(self.folder / STEPS_FILE), str(_ROOT), *command[start:]]
