"""Memory that is in no heap: stock MicroPython keeps some of an ESP32 for a Bluetooth controller, which a node never starts.

ESP-IDF has a call that gives it to the heap (`esp_bt_mem_release`), Python has none. So buffers that stay for the node's whole life lie there, and what the
heap has is left to objects. It is asked at boot only, and nothing comes back.
"""


class SpareMemory:
    """`place`: `address` and `bytes` of what is spare, and `between`, the sizes of the regions of IDF's heap before and behind it; None: there is none.

    `regions`: `esp32.idf_heap_info(HEAP_DATA)`. Only where IDF's heap has these two is the memory between them known to be kept for Bluetooth.
    """

    def __init__(self, place, regions):
        self._left = 0
        if place and set(place["between"]) <= {region[0] for region in regions}:
            self._address = place["address"]
            self._left = place["bytes"]

    def take(self, size):
        """A bytearray of `size` zeros, of the heap where not so much is spare. Raises MemoryError."""
        return self.spare(size) or bytearray(size)

    def spare(self, size):
        """A bytearray of `size` zeros, None where not so much is left."""
        if size > self._left:
            return None
        from uctypes import bytearray_at

        buffer = bytearray_at(self._address, size)
        self._address += size
        self._left -= size
        for at in range(size):
            buffer[at] = 0  # whatever the power-up left there
        return buffer
