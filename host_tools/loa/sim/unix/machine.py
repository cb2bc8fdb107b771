"""The emulated `machine`; hides the unix port's own."""

from loa.sim.esp32.machine import *  # noqa: F403
