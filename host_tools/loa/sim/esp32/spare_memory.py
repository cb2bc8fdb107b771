"""What the runtime keeps of an ESP32 for its Bluetooth controller, reached as on the chip by `uctypes`: it holds anything at power-on.

Elsewhere `uctypes` reaches what is there: the heap of the runtime, whose objects are laid out as on the chip, in words of 64 bits. Where there is
no such module an address means nothing, and what would halt the chip raises.
"""

try:
    import uctypes as _process
except ImportError:  # CPython
    _process = None

PIECES = [(0x3FFAE6E0, 0x1830), (0x3FFB8000, 0x1A20), (0x3FFB0000, 0x6388)]  # address, bytes
BETWEEN = [(240, 4, 0, 4), (7_288, 4, 0, 4), (16_648, 4, 0, 4)]  # the regions of IDF's heap around them, of which Wi-Fi leaves nothing
_ANYTHING = b"\xa5"

_lent = {}


def lent():
    """Bytes that were asked for."""
    return sum([len(buffer) for buffer in _lent.values()])


def bytearray_at(address, size):
    """The `size` bytes from an address on, the same whenever they are asked for. RuntimeError for no memory. What overlaps is not told."""
    for start, length in PIECES:
        if start <= address <= start + length - size:
            return _lent.setdefault((address, size), bytearray(_ANYTHING * size))
    if not _process or address >> 32 == 0:
        raise RuntimeError("LoadProhibited at {:#x}".format(address))
    return _process.bytearray_at(address, size)


def addressof(buffer):
    """Where a buffer of the heap lies, or what is spare as this process has it."""
    return _process.addressof(buffer)
