"""Run by CPython in place of a simulated node's start script, which it then runs: counts the bytecodes between yields of the node's tasks.

Every second it writes the longest steps so far. Arguments: the file to write, the repository, the start script, and the start script's arguments.
"""

import json
import os
import runpy
import sys
import time
from dataclasses import asdict
from pathlib import Path

_output, _root, _start = sys.argv[1:4]
sys.argv[:] = sys.argv[3:]
sys.path.insert(0, _root)

from tests.bench.steps import StepCounter

_EVERY_S = 1.0


class _Writing(StepCounter):
    """Writes what it knows once a second, whole or not at all: a node may lose its power at any time."""

    _written = 0.0

    def _end(self) -> None:
        super()._end()
        if time.monotonic() - self._written > _EVERY_S:
            self._written = time.monotonic()
            new = Path(_output + ".new")
            new.write_text(json.dumps({name: asdict(longest) for name, longest in self.longest.items()}))
            os.replace(new, _output)


sys.path.pop(0)
_counter = _Writing(Path.cwd())
_counter.install()
runpy.run_path(_start, run_name="__main__")
