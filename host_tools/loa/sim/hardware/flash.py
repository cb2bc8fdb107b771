"""NOR flash as a partition sees it: programming only clears bits, erasing sets a whole block, and the power may fail in any of the two.

Backs `esp32.Partition` and littlefs in the simulator and in tests; plain Python that runs on MicroPython and CPython. It keeps no time: what an
erase costs is charged by whoever drives it.
"""

BLOCK = 4096
_ERASED = 0xFF
_COUNT, _SIZE, _ERASE = 4, 5, 6  # MP_BLOCKDEV_IOCTL of the extended block device protocol


class PowerCut(BaseException):
    """The supply failed in a program or erase, or the device is used although it is off. No firmware may catch it as an error."""


class Power:
    """The supply of one or several flash models: counts their programs and erases and fails in a chosen one.

    `cut_at`: number of the write that fails, 1 for the first; None: never. `tear`: how much of that write is done before, in quarters, 0 (nothing)
    to 4 (all of it, although nobody learns so).
    """

    def __init__(self, cut_at=None, tear=2):
        self.cut_at = cut_at
        self.tear = tear
        self.writes = 0
        self.on = True

    def check(self):
        """Raise `PowerCut` if the supply has failed."""
        if not self.on:
            raise PowerCut("no power")

    def spend(self):
        """Count one write; True if it is the one that fails."""
        self.check()
        self.writes += 1
        self.on = self.writes != self.cut_at
        return not self.on


class NorFlash:
    """A block device with MicroPython's extended protocol over `cells`, a bytearray or a file open for binary update.

    A file must have no buffer: a write is then in the host's hands at once, and stays when the process is killed. Nothing is flushed to the
    host's own disk.

    A program that asks for a bit to go from 0 to 1 leaves it 0, as the chip does, and is noted in `violations` as `(block, offset)`.
    After a power cut the object is dead for good: `NorFlash(flash.cells, Power())` is the same chip after the next boot. Files that the dead
    system left open can therefore write no more.
    """

    def __init__(self, cells, power=None, block_bytes=BLOCK):
        self.cells = cells
        self.power = power or Power()
        self.violations = []
        self.erases = 0
        self._block_bytes = block_bytes
        self._file = None if isinstance(cells, bytearray) else cells
        size = len(cells) if self._file is None else cells.seek(0, 2)
        self._blocks = size // block_bytes
        if self._blocks == 0 or size % block_bytes:
            raise ValueError("flash of {} bytes is not a number of blocks".format(size))

    def readblocks(self, block, buffer, offset=0):
        """Fill `buffer` from `offset` bytes into `block`; may run on into the following blocks."""
        self.power.check()
        start = self._address(block, offset, len(buffer))
        buffer[:] = self._get(start, len(buffer))

    def writeblocks(self, block, buffer, offset=None):
        """Program `buffer`. Without `offset` the blocks are erased before, as `esp32.Partition` does."""
        start = self._address(block, offset or 0, len(buffer))
        if offset is None:
            for number in range(block, block + (len(buffer) + self._block_bytes - 1) // self._block_bytes):
                self._erase(number)
        self._program(start, bytes(buffer))

    def ioctl(self, operation, argument=0):
        """4: number of blocks, 5: bytes in one, 6: erase block `argument`, others: 0."""
        self.power.check()
        if operation == _COUNT:
            return self._blocks
        if operation == _SIZE:
            return self._block_bytes
        if operation == _ERASE:
            self._address(argument, 0, self._block_bytes)
            self._erase(argument)
        return 0

    def _address(self, block, offset, length):
        start = block * self._block_bytes + offset
        if block < 0 or offset < 0 or start + length > self._blocks * self._block_bytes:
            raise ValueError("block {} offset {} length {} lies outside the flash".format(block, offset, length))
        return start

    def _program(self, start, wanted):
        failing = self.power.spend()
        before = self._get(start, len(wanted))
        after = _bitwise_and(before, wanted)
        if after != wanted:
            self.violations.append((start // self._block_bytes, start % self._block_bytes))
        if not failing:
            self._put(start, after)
            return
        done = len(wanted) * self.power.tear // 4
        if 0 < done < len(wanted):  # the byte at the border has got half of its bits
            self._put(start, after[:done] + bytes([before[done] & (after[done] | 0x55)]))
        else:
            self._put(start, after[:done])
        raise PowerCut("in a program")

    def _erase(self, block):
        failing = self.power.spend()
        start = block * self._block_bytes
        self.erases += 1
        if not failing:
            self._put(start, bytes([_ERASED]) * self._block_bytes)
            return
        done = self._block_bytes * self.power.tear // 4
        erased = bytes([_ERASED]) * done
        if self.power.tear & 1:  # some cells are fast: here the last ones, while the first ones still stand as they were
            self._put(start + self._block_bytes - done, erased)
        elif done:
            rest = bytes(cell | (0x11 << (place & 3)) for place, cell in enumerate(self._get(start + done, self._block_bytes - done)))
            self._put(start, erased + rest)
        raise PowerCut("in an erase")

    def _get(self, start, length):
        if self._file is None:
            return bytes(self.cells[start : start + length])
        self._file.seek(start)
        return self._file.read(length)

    def _put(self, start, data):
        if self._file is None:
            self.cells[start : start + len(data)] = data
            return
        self._file.seek(start)
        self._file.write(data)


def blank(blocks, block_bytes=BLOCK):
    """Cells of a chip as delivered: all bits set."""
    return bytearray(b"\xff" * (blocks * block_bytes))


def _bitwise_and(one, other):
    return (int.from_bytes(one, "little") & int.from_bytes(other, "little")).to_bytes(len(one), "little")
