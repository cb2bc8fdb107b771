"""Fills the data partition of a node that is off, as a defect or another program could, and frees it again."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from littlefs import LittleFS, LittleFSError

from loa.errors import LoaError
from loa.provision.disk import open_littlefs
from loa.sim.hardware import partitions
from loa.sim.hardware.chip import FLASH_FILE
from loa.sim.hardware.flash import BLOCK

_LABEL = "data"
_NAME = "ballast"


def filled(folder: Path) -> None:
    """Leave no free block in the partition `data` of the flash in a node's folder. One that holds no file system is left as it is."""
    _change(folder / FLASH_FILE, _fill)


def freed(folder: Path) -> None:
    """Take away what `filled` put there, if it is still there."""
    _change(folder / FLASH_FILE, _free)


def _fill(disk: LittleFS) -> None:
    with disk.open(_NAME, "wb"):
        pass
    for size in (BLOCK * 16, BLOCK, 1):
        try:
            while True:
                with disk.open(_NAME, "ab") as file:
                    file.write(b"\0" * size)
        except LittleFSError:  # no room for so much any more
            continue


def _free(disk: LittleFS) -> None:
    if _NAME in disk.listdir("/"):
        disk.remove(_NAME)


def _change(flash: Path, change: Callable[[LittleFS], None]) -> None:
    image = bytearray(flash.read_bytes())
    table = partitions.unpack(bytes(image[partitions.ADDRESS : partitions.ADDRESS + partitions.BYTES]))
    (data,) = [entry for entry in table if entry.label == _LABEL]
    try:
        disk = open_littlefs(bytes(image[data.address : data.address + data.size]))
    except LoaError:  # it is as the power cut left it: the node will format it
        return
    change(disk)
    memory: Any = disk.context
    image[data.address : data.address + data.size] = memory.buffer
    flash.write_bytes(image)
