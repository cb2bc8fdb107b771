"""`esp32` as far as the firmware uses it, with the heap of IDF as far as TLS sessions fill it."""

from chip import CHIP

from loa.sim.esp32 import idf_heap, spare_memory
from loa.sim.esp32.nvs import NVS
from loa.sim.esp32.partition import Partition

HEAP_DATA = 4
HEAP_EXEC = 1
_EXECUTABLE = [(95_000, 60_000, 57_344, 60_000)]
_FAHRENHEIT = 128  # of the sensor inside the ESP32, uncalibrated

__all__ = ["HEAP_DATA", "HEAP_EXEC", "NVS", "Partition", "idf_heap_info", "raw_temperature"]


def idf_heap_info(capabilities):
    """Regions as `(bytes, free, largest free block, lowest free so far)`."""
    if capabilities == HEAP_DATA:
        return ([] if CHIP.has_psram else spare_memory.BETWEEN) + [idf_heap.HEAP.region(CHIP.has_psram)]
    return list(_EXECUTABLE) if capabilities == HEAP_EXEC else []


def raw_temperature():
    """Degrees Fahrenheit inside the chip; a fixed figure."""
    return _FAHRENHEIT
