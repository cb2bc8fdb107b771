"""The one chip of this MicroPython process. Host files are opened past the mounted file systems, which are the node's own."""

import sys

import built_in
import clockwork
import vfs
from micropython import schedule

from loa.sim.hardware.chip import Chip

_os = built_in.load("os")
_POLLIN = built_in.load("select").POLLIN


class _Unix:
    now_us = staticmethod(clockwork.now_us)
    unix_ns = staticmethod(clockwork.unix_ns)
    environment = staticmethod(_os.getenv)
    schedule = staticmethod(schedule)
    sleep_to_tick = staticmethod(clockwork.sleep_to_tick)
    stand_still = staticmethod(clockwork.stand_still)
    turn_crystal = staticmethod(clockwork.turn_crystal)
    crystal_ppm = staticmethod(clockwork.crystal_ppm)

    def __init__(self):
        files = vfs.VfsPosix()
        self.open = files.open
        self.rename = files.rename
        self._poll = built_in.load("select").poll()

    def open_descriptor(self, number):
        stream = open(number, "r+b")
        self._poll.register(stream, _POLLIN)
        return stream

    def readable(self, stream):
        return bool(self._poll.poll(0))

    def leave(self):
        sys.exit(0)


CHIP = Chip(_Unix(), clockwork.PULSE)
