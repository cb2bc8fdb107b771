"""The emulated `esp32`."""

from loa.sim.esp32.esp32 import *  # noqa: F403
