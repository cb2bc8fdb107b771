"""Memory that is in no heap: stock MicroPython keeps some of an ESP32 for a Bluetooth controller and for a coprocessor, which a node never starts.

ESP-IDF has a call that gives it to the heap (`esp_bt_mem_release`), Python has none. So buffers and bytecode that stay for the node's whole life lie
there, and what the heap has is left to objects. It is asked at boot only, and nothing comes back.
"""


class SpareMemory:
    """`place`: under `pieces`, or another `kind`, address and bytes of each piece that is spare, and under `between` the sizes of the regions of IDF's heap
    around them; None: there is none.

    `regions`: `esp32.idf_heap_info(HEAP_DATA)`. Only where IDF's heap has these is the memory between them known to be kept for Bluetooth, and the runtime
    to be one that keeps the rest as well.
    """

    def __init__(self, place, regions, kind="pieces"):
        known = place and set(place["between"]) <= {region[0] for region in regions}
        self._pieces = [list(piece) for piece in place[kind]] if known else []  # the smallest first

    def left(self):
        """Bytes, in all pieces."""
        return sum(left for _, left in self._pieces)

    def take(self, size):
        """A bytearray of `size` zeros, of the heap where not so much is spare. Raises MemoryError."""
        return self.spare(size) or bytearray(size)

    def spare(self, size):
        """A bytearray of `size` zeros that begins where a word may, None where not so much is left in one piece."""
        for piece in self._pieces:
            if size <= piece[1]:
                return _cut(piece, size)
        return None


def _cut(piece, size):
    from uctypes import bytearray_at

    address, left = piece
    used = (size + 3) & ~3
    piece[:] = (address + used, left - used)
    buffer = bytearray_at(address, size)
    buffer[:] = bytes(size)  # whatever the power-up left there
    return buffer
