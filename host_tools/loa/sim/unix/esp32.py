"""The emulated `esp32`, which the unix port has not."""

from loa.sim.esp32.esp32 import *  # noqa: F403
