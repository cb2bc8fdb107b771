"""The emulated `uctypes`, as far as the firmware uses it."""

from loa.sim.esp32.spare_memory import bytearray_at  # noqa: F401
