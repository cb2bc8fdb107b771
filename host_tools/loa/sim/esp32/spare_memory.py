"""What the runtime keeps of an ESP32 for its Bluetooth controller, reached as on the chip by `uctypes`: it holds anything at power-on.

Elsewhere there is no memory here that an address means: what would halt the chip raises.
"""

ADDRESS = 0x3FFB0000
BYTES = 0x6388
BETWEEN = [(240, 4, 0, 4), (7_288, 4, 0, 4)]  # the regions of IDF's heap before and behind it, of which Wi-Fi leaves nothing
_ANYTHING = b"\xa5"

_lent = {}


def lent():
    """Bytes that were asked for."""
    return sum([len(buffer) for buffer in _lent.values()])


def bytearray_at(address, size):
    """The `size` bytes from an address on, the same whenever they are asked for. RuntimeError for any other memory. What overlaps is not told."""
    if address < ADDRESS or size > ADDRESS + BYTES - address:
        raise RuntimeError("LoadProhibited at {:#x}".format(address))
    return _lent.setdefault((address, size), bytearray(_ANYTHING * size))
