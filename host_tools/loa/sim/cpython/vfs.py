"""`vfs` for a node on CPython: a littlefs partition is unpacked once into a folder, and from then on the folder is the file system.

The flash image is read and formatted, not kept up to date: what the node writes stands in the folder, and survives a kill as POSIX has it.
"""

import errno
import os
import shutil
from pathlib import Path
from zipfile import ZipFile

from loa.errors import LoaError
from loa.provision.disk import littlefs_image, read_littlefs
from loa.sim.hardware.flash import BLOCK

_COUNT = 4


class VfsLfs2:
    """The file system in a partition; OSError(ENODEV) if there is none."""

    def __init__(self, partition, readsize=32, progsize=32, lookahead=32):
        image = bytearray(partition.ioctl(_COUNT, 0) * BLOCK)
        partition.readblocks(0, image)
        try:
            self.files = read_littlefs(bytes(image))
        except LoaError:
            raise OSError(errno.ENODEV) from None

    @staticmethod
    def mkfs(partition, readsize=32, progsize=32, lookahead=32):
        """Format; the folder that the partition was mounted on is emptied when it is mounted again."""
        image = littlefs_image({}, partition.ioctl(_COUNT, 0) * BLOCK, partition.info()[4])
        for number in range(len(image) // BLOCK):
            block = image[number * BLOCK : (number + 1) * BLOCK]
            if block.strip(b"\xff"):  # as littlefs does: blocks that hold nothing are not erased
                partition.writeblocks(number, block)


def mount(system, folder):
    """Make `folder` the file system: filled the first time, emptied if the partition has been formatted since; an archive is unpacked."""
    here = Path(folder)
    if not isinstance(system, VfsLfs2):
        _unpack(system, here)
        return
    mark = here.parent / f".{here.name}.mounted"
    if not system.files and mark.exists():
        shutil.rmtree(here)
        mark.unlink()
    if not mark.exists():
        here.mkdir(exist_ok=True)
        for path, content in system.files.items():
            (here / path).parent.mkdir(parents=True, exist_ok=True)
            (here / path).write_bytes(content)
        mark.touch()


def umount(folder):
    """Accepted for a folder that exists; OSError(EINVAL) otherwise."""
    if not os.path.isdir(folder):
        raise OSError(errno.EINVAL)


def _unpack(archive, here):
    """Put the members of an `archive.Archive` into a folder of their own."""
    shutil.rmtree(here, ignore_errors=True)
    ZipFile(archive.file).extractall(here)
