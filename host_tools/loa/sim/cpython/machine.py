"""The emulated `machine`."""

from loa.sim.esp32.machine import *  # noqa: F403
