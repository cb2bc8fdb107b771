"""What the runtime keeps of an ESP32 for its Bluetooth controller and the coprocessor, reached as on the chip by `uctypes`: it holds anything at power-on.

Elsewhere `uctypes` reaches what is there: the heap of the runtime, whose objects are laid out as on the chip, in words of 64 bits. Where there is
no such module an address means nothing, and what would halt the chip raises.
"""

try:
    import uctypes as _process
except ImportError:  # CPython
    _process = None

PIECES = [(0x3FFAE6E0, 0x1830), (0x3FFB8000, 0x1A20), (0x3FFB0000, 0x6388)]  # address, bytes
SLOW = [(0x50000000, 0x7F8), (0x50001000, 0xFE8)]
BETWEEN = [(240, 4, 0, 4), (7_288, 4, 0, 4), (16_648, 4, 0, 4)]  # the regions of IDF's heap around them, of which Wi-Fi leaves nothing
_ANYTHING = b"\xa5"

_stores = {}  # by address of the piece, made when it is first asked for


def lent():
    """Bytes of this process that are no heap on the chip."""
    return sum([len(store) for store in _stores.values()])


def bytearray_at(address, size):
    """The `size` bytes from an address on. RuntimeError for no memory."""
    for start, length in PIECES + SLOW:
        if start <= address <= start + length - size:
            if start not in _stores:
                _stores[start] = bytearray(_ANYTHING * length)
            return _part(_stores[start], address - start, size)
    if not _process or address >> 32 == 0:
        raise RuntimeError("LoadProhibited at {:#x}".format(address))
    return _process.bytearray_at(address, size)


def _part(store, at, size):
    return _process.bytearray_at(_process.addressof(store) + at, size) if _process else memoryview(store)[at : at + size]


def addressof(buffer):
    """Where a buffer of the heap lies, or what is spare as this process has it."""
    return _process.addressof(buffer)
