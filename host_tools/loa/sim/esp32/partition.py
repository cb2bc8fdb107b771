"""`esp32.Partition` on the emulated NOR flash: what is programmed only clears bits, what is not erased stays."""

from chip import CHIP

from loa.sim.hardware import partitions
from loa.sim.hardware.flash import BLOCK

_COUNT, _SIZE, _ERASE = 4, 5, 6
_ANY_SUBTYPE = 0xFF


class Partition:
    """One partition by label; `BOOT` and `RUNNING` are the first application, since no image here has a second."""

    BOOT = 0
    RUNNING = 1
    TYPE_APP = partitions.TYPE_APP
    TYPE_DATA = partitions.TYPE_DATA

    def __init__(self, id, block_size=BLOCK):
        if block_size != BLOCK:
            raise ValueError("only blocks of 4096 bytes are emulated")
        if id in (self.BOOT, self.RUNNING):
            matching = [entry for entry in _table() if entry.type == self.TYPE_APP]
        else:
            matching = [entry for entry in _table() if entry.label == id]
        if not matching:
            raise OSError(2)  # ENOENT, as the port raises
        self._entry = matching[0]
        self._first = self._entry.address // BLOCK

    @classmethod
    def find(cls, type=TYPE_APP, subtype=_ANY_SUBTYPE, label=None, block_size=BLOCK):
        """All partitions of a type, if wanted of a subtype and label, as a list."""
        return [
            cls(entry.label, block_size)
            for entry in _table()
            if entry.type == type and subtype in (_ANY_SUBTYPE, entry.subtype) and label in (None, entry.label)
        ]

    def info(self):
        """`(type, subtype, address, bytes, label, encrypted)`."""
        entry = self._entry
        return (entry.type, entry.subtype, entry.address, entry.size, entry.label, False)

    def readblocks(self, block, buffer, offset=0):
        self._check(block, offset, len(buffer))
        CHIP.flash.readblocks(self._first + block, buffer, offset)

    def writeblocks(self, block, buffer, offset=None):
        """Program; without `offset` the blocks are erased before."""
        self._check(block, offset or 0, len(buffer))
        if offset is None:
            CHIP.erase((len(buffer) + BLOCK - 1) // BLOCK)
        CHIP.flash.writeblocks(self._first + block, buffer, offset)

    def ioctl(self, operation, argument=0):
        if operation == _COUNT:
            return self._entry.size // BLOCK
        if operation == _SIZE:
            return BLOCK
        if operation == _ERASE:
            self._check(argument, 0, BLOCK)
            CHIP.erase(1)
            return CHIP.flash.ioctl(_ERASE, self._first + argument)
        return CHIP.flash.ioctl(operation, argument)

    @classmethod
    def mark_app_valid_cancel_rollback(cls):
        """Accepted: there is no second runtime image to roll back to."""

    def _check(self, block, offset, length):
        if block < 0 or offset < 0 or block * BLOCK + offset + length > self._entry.size:
            raise OSError(-0x102)  # ESP_ERR_INVALID_ARG


def _table():
    if CHIP.flash.ioctl(_COUNT) * BLOCK < partitions.ADDRESS + BLOCK:
        return []
    table = bytearray(partitions.BYTES)
    CHIP.flash.readblocks(partitions.ADDRESS // BLOCK, table)
    return partitions.unpack(table)
