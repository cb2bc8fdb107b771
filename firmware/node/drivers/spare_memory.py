"""Memory that is in no heap: stock MicroPython keeps some of an ESP32 for a Bluetooth controller and for a coprocessor, which a node never starts.

ESP-IDF has a call that gives it to the heap (`esp_bt_mem_release`), Python has none. So buffers and bytecode that stay for the node's whole life lie
there, and what the heap has is left to objects. It is asked at boot only, and nothing comes back.
"""

from micropython import const

# Of a piece, of which the smallest come first: begin, next, end
_NEXT = const(1)
_END = const(2)


class SpareMemory:
    """`place`: under `pieces`, or another `kind`, address and bytes of each piece that is spare, and under `between` the sizes of the regions of IDF's heap
    around them; None: there is none.

    `regions`: `esp32.idf_heap_info(HEAP_DATA)`. Only where IDF's heap has these is the memory between them known to be kept for Bluetooth, and the runtime
    to be one that keeps the rest as well.
    """

    def __init__(self, place, regions, kind="pieces"):
        known = place and set(place["between"]) <= {region[0] for region in regions}
        self._pieces = [[address, address, address + size] for address, size in place[kind]] if known else []

    def holds(self, address):
        """True for what was taken of it, by its address as `uctypes.addressof` says it."""
        from uctypes import addressof, bytearray_at

        starts = [(addressof(bytearray_at(begin, 1)), following - begin) for begin, following, _ in self._pieces]
        return any(start <= address < start + taken for start, taken in starts)

    def take(self, size):
        """A bytearray of `size` zeros, of the heap where not so much is spare. Raises MemoryError."""
        return self.spare(size) or bytearray(size)

    def spare(self, size):
        """A bytearray of `size` zeros that begins where a word may, None where not so much is left in one piece."""
        for piece in self._pieces:
            if piece[_NEXT] + size <= piece[_END]:
                return _cut(piece, size)
        return None


def _cut(piece, size):
    from uctypes import bytearray_at

    buffer = bytearray_at(piece[_NEXT], size)
    piece[_NEXT] += (size + 3) & ~3
    buffer[:] = bytes(size)  # whatever the power-up left there
    return buffer
