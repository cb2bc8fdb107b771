"""A runtime image for virtual boards: the form, the size and about the entropy of MicroPython's, with nothing in it that runs.

A virtual board starts the MicroPython of this machine instead, once it has found this image whole. The same bytes each time.
"""

import hashlib
import random
import struct
from pathlib import Path

from loa.sim.boards import boot

NAME = "micropython"
VERSION = "v1.23.0-virtual"
_LOADER_BYTES = 20_000
_PROGRAM_BYTES = 1_650_000  # MicroPython 1.23 for the ESP32 has 1.66 MB
_DENSE = 0.62  # of it cannot be compressed; of MicroPython's 1.26.1 image 64 % are left after zlib
_PROGRAM_ADDRESS = 0x10000


def stored(chip: str, folder: Path) -> Path:
    """The image as a file of that folder."""
    path = folder / f"{chip}-{VERSION}.bin"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".part").write_bytes(image(chip))
        path.with_suffix(".part").replace(path)
    return path


def image(chip: str, size: int = _PROGRAM_BYTES) -> bytes:
    """The file as it is flashed at the chip's boot loader address: boot loader, a gap for the partition table, application of about `size` bytes."""
    start = boot.BOOT_LOADER[chip]
    description = struct.pack(boot.DESCRIPTION, boot.DESCRIPTION_MAGIC, 0, VERSION.encode(), NAME.encode()).ljust(256, b"\0")
    loader = _application(chip, _filling(1, _LOADER_BYTES))
    return loader.ljust(_PROGRAM_ADDRESS - start, b"\xff") + _application(chip, description + _filling(2, size))


def _application(chip: str, content: bytes) -> bytes:
    """An image of one segment with checksum and hash."""
    content += bytes(-len(content) % 4)
    header = struct.pack(boot.HEADER, boot.MAGIC, 1, 2, 0x20, 0x40080000, 0, boot.CHIP_IDS[chip], 0, 0, 0xFFFF, 1)
    body = header + struct.pack("<II", 0x3F400000, len(content)) + content
    body += bytes(15 - len(body) % 16) + bytes([boot.CHECKSUM_SEED ^ boot.folded(content)])
    return body + hashlib.sha256(body).digest()


def _filling(seed: int, size: int) -> bytes:
    noise = random.Random(seed)
    pieces = []
    for _ in range(0, size, 1000):
        dense = round(1000 * _DENSE)
        pieces.append(noise.randbytes(dense) + bytes(1000 - dense))
    return b"".join(pieces)[:size]
