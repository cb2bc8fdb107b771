"""What ROM and boot loader look at before a program runs: image headers, checksums, partition table (ESP-IDF, "Application Image Format").

Says whether a flash would boot and what its application calls itself. Starts nothing.
"""

import hashlib
import struct
from dataclasses import dataclass

from loa.sim.boards.chip_flash import ChipFlash
from loa.sim.hardware import partitions

BOOT_LOADER = {"esp32": 0x1000, "esp32s3": 0x0, "esp32c3": 0x0}  # addresses, by esptool's name of the chip
CHIP_IDS = {"esp32": 0, "esp32c3": 5, "esp32s3": 9}  # esp_chip_id_t
HEADER = "<BBBBIB3xHBHH4xB"
HEADER_BYTES = struct.calcsize(HEADER)
MAGIC = 0xE9
CHECKSUM_SEED = 0xEF
DESCRIPTION = "<II8x32s32s"
DESCRIPTION_MAGIC = 0xABCD5432  # esp_app_desc_t
_SEGMENTS_MAX = 16


class DoesNotBoot(Exception):
    """Why, in the words that the chip's own loaders print."""


@dataclass(frozen=True)
class Program:
    """The application that would run, as it describes itself."""

    name: str
    version: str


def program_in(flash: ChipFlash, chip: str) -> Program:
    """The application that a chip would start. Raises `DoesNotBoot`."""
    _check_image(flash, BOOT_LOADER[chip], chip, "invalid header")
    try:
        table = partitions.unpack(flash.read(partitions.ADDRESS, partitions.BYTES))
    except ValueError as damaged:
        raise DoesNotBoot(f"flash_parts: {damaged}") from None
    applications = [entry for entry in table if entry.type == partitions.TYPE_APP]
    if not applications:
        raise DoesNotBoot("boot: No bootable app partitions in the partition table")
    entry = applications[0]
    end = _check_image(flash, entry.address, chip, "esp_image: image at")
    if end > entry.address + entry.size:
        raise DoesNotBoot(f"esp_image: image at {entry.address:#x} is larger than its partition")
    return _description(flash, entry.address)


def _check_image(flash: ChipFlash, address: int, chip: str, words: str) -> int:
    """Address behind an image that is whole."""
    try:
        return _walk(flash, address, chip, words)
    except ValueError as outside:
        raise DoesNotBoot(f"{words} {address:#x}: {outside}") from None


def _walk(flash: ChipFlash, address: int, chip: str, words: str) -> int:
    magic, segments, _, _, _, _, chip_id, _, _, _, hashed = struct.unpack(HEADER, flash.read(address, HEADER_BYTES))
    if magic != MAGIC or not 0 < segments <= _SEGMENTS_MAX:
        raise DoesNotBoot(f"{words}: 0x{flash.read(address, 4)[::-1].hex()}")
    if chip_id != CHIP_IDS[chip]:
        raise DoesNotBoot(f"boot_comm: mismatch chip ID, expected {CHIP_IDS[chip]}, found {chip_id}")
    place, checksum = address + HEADER_BYTES, CHECKSUM_SEED
    for _segment in range(segments):
        _, size = struct.unpack("<II", flash.read(place, 8))
        checksum ^= folded(flash.read(place + 8, size))
        place += 8 + size
    place += 16 - (place - address) % 16
    if flash.read(place - 1, 1)[0] != checksum:
        raise DoesNotBoot(f"esp_image: Checksum failed. Calculated {checksum:#x}")
    if hashed:
        if hashlib.sha256(flash.read(address, place - address)).digest() != flash.read(place, 32):
            raise DoesNotBoot("esp_image: Image hash failed - image is corrupt")
        place += 32
    return place


def folded(data: bytes) -> int:
    """All bytes, exclusive-or."""
    whole = int.from_bytes(data, "little")
    width = 1 << max(0, (len(data) * 8 - 1).bit_length())
    while width > 8:
        width //= 2
        whole = (whole >> width) ^ (whole & ((1 << width) - 1))
    return whole


def _description(flash: ChipFlash, address: int) -> Program:
    magic, _, version, name = struct.unpack(DESCRIPTION, flash.read(address + HEADER_BYTES + 8, struct.calcsize(DESCRIPTION)))
    if magic != DESCRIPTION_MAGIC:
        return Program("", "")
    return Program(*(text.split(b"\0")[0].decode(errors="replace") for text in (name, version)))
