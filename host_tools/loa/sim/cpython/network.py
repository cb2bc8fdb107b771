"""The emulated `network`."""

from loa.sim.esp32.network import *  # noqa: F403
