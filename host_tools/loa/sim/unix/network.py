"""The emulated `network`, which the unix port has not."""

from loa.sim.esp32.network import *  # noqa: F403
