"""The flash chip of a virtual board as its loader uses it, with the time that a real one takes.

Typical times of a W25Q32JV (Winbond data sheet, AC characteristics): page program 0.4 ms, erase of 4 KB 45 ms, of 64 KB 150 ms. Reading costs nothing here.
"""

import hashlib
from pathlib import Path

from loa.sim.hardware.flash import BLOCK, NorFlash

_PAGE = 256
_PAGE_S = 0.0004
_SECTOR_S = 0.045
_LARGE = 0x10000
_LARGE_S = 0.15


class ChipFlash:
    """A chip whose cells are a file. Methods that change it return the seconds which that takes; ValueError outside of the chip."""

    def __init__(self, path: Path, size: int, pace: float = 1.0) -> None:
        """`pace`: how many times a real chip's time everything takes."""
        self.size = size
        self._pace = pace
        self._path = path
        if not path.exists():
            path.write_bytes(b"\xff" * size)

    def erase(self, address: int, size: int) -> float:
        """Set all bits of every sector that the stretch touches."""
        start, end = address - address % BLOCK, address + size
        spent = 0.0
        with self._path.open("r+b", buffering=0) as file:
            chip = NorFlash(file)
            for place in range(start, end, BLOCK):
                chip.ioctl(6, place // BLOCK)
        while start < end:
            large = start % _LARGE == 0 and end - start >= _LARGE
            spent += _LARGE_S if large else _SECTOR_S
            start += _LARGE if large else BLOCK
        return spent * self._pace

    def program(self, address: int, data: bytes) -> float:
        """Clear bits."""
        with self._path.open("r+b", buffering=0) as file:
            NorFlash(file).writeblocks(address // BLOCK, data, address % BLOCK)
        return -(-len(data) // _PAGE) * _PAGE_S * self._pace

    def read(self, address: int, size: int) -> bytes:
        """What stands there."""
        if address < 0 or address + size > self.size:
            raise ValueError(f"{address:#x}+{size:#x} is not on the chip")
        with self._path.open("rb") as file:
            file.seek(address)
            return file.read(size)

    def md5(self, address: int, size: int) -> bytes:
        """Digest of a stretch."""
        return hashlib.md5(self.read(address, size)).digest()
