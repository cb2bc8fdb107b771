"""`esp32` as far as the firmware uses it. The heap of IDF is not emulated: `idf_heap_info` gives a board without PSRAM, Wi-Fi up, one TLS session."""

from loa.sim.esp32.nvs import NVS
from loa.sim.esp32.partition import Partition

HEAP_DATA = 4
HEAP_EXEC = 1
_REGIONS = {HEAP_DATA: [(226_000, 78_000, 65_536, 52_000)], HEAP_EXEC: [(95_000, 60_000, 57_344, 60_000)]}

__all__ = ["HEAP_DATA", "HEAP_EXEC", "NVS", "Partition", "idf_heap_info"]


def idf_heap_info(capabilities):
    """Regions as `(bytes, free, largest free block, lowest free so far)`: fixed figures."""
    return list(_REGIONS.get(capabilities, []))
