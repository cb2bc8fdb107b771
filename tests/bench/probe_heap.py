"""Run by MicroPython in place of a simulated node's start script, which it then runs: samples the heap on the emulated 10 ms tick.

Once a second it collects and appends `{"held": bytes after, "peak": the most since the last}` to a file of the node's folder, without what lies in no heap
on the chip (`spare_memory`). Arguments: that file's name, the start script, and the start script's arguments.
"""

import sys

_output, _start = sys.argv[1:3]
sys.argv[:] = sys.argv[2:]
for _folder in reversed(sys.argv[1:]):
    sys.path.insert(0, _folder)

import emulation  # noqa: F401

# isort: split
import asyncio  # noqa: F401
import gc
import json
import select  # noqa: F401
import socket  # noqa: F401
import time  # noqa: F401

import chip
import clockwork
import esp32  # noqa: F401
import machine  # noqa: F401
import network  # noqa: F401
import vfs  # noqa: F401

from loa.sim.esp32 import spare_memory

_TICKS_A_SAMPLE = 100


class Probe:
    """`file` gets a line a second."""

    def __init__(self, file):
        self._file = file
        self._ticks = 0
        self._peak = 0
        gc.collect()
        self._write({"emulation": gc.mem_alloc()})

    def tick(self, now_us):
        self._peak = max(self._peak, _held())
        self._ticks += 1
        if self._ticks % _TICKS_A_SAMPLE == 0:
            gc.collect()
            self._write({"held": _held(), "peak": self._peak})
            self._peak = 0

    def _write(self, entry):
        self._file.write((json.dumps(entry) + "\n").encode())


def _held():
    return gc.mem_alloc() - spare_memory.lent()


with open(_start) as _file:
    _program = compile(_file.read(), _start, "exec")
_probe = Probe(chip.CHIP.open(_output, "ab"))
gc.threshold(4096)
clockwork.PULSE.subscribe(_probe.tick)
exec(_program, {"__name__": "__main__"})
