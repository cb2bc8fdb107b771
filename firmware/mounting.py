"""Mounts what the node is made of: the file systems `data` and `app`, and the slot with its application. Needed at boot alone, and let go then."""

import os
import sys

import vfs
from esp32 import Partition
from micropython import const

from archive import ENTRY_SIZE, Archive, key, number

_BLOCK_COUNT = const(4)  # MP_BLOCKDEV_IOCTL_BLOCK_COUNT
_SLOT_FILE = "slot"  # in `app`, the letter of the slot to start; without it the first
_FIRST_SLOT = "a"
_SLOW_FOLDERS = ("", "/lib")

# ZIP
_END = b"PK\x05\x06"
_END_SIZE = const(22)
_ENTRY = b"PK\x01\x02"
_STORED = const(0)
_DIRECTORY_MAX = const(0xFFFF)  # what `Archive` can point into


def mount_all(watchdog):
    """All that the application needs; returns the folder of the node's files without a slash at its end. Where `/` is not their root, the working folder is."""
    watchdog.feed()
    root = os.getcwd().rstrip("/")
    mount("data", root + "/data", refill=True)
    watchdog.feed()
    mount("app", root + "/app", refill=False, readsize=64)  # an archive is read in long runs; with 256 its buffers take 2.3 KB more
    watchdog.feed()
    vfs.mount(open_archive(slot(root + "/app")), root + "/slot")
    # An import of a built-in module looks through all folders first, every time, and littlefs takes half a second to say no.
    sys.path[:] = [root + "/slot"] + [folder for folder in sys.path if folder not in _SLOW_FOLDERS]
    return root


def mount(label, folder, refill, readsize=32):
    """Mount the littlefs of a partition; one that the network can fill again (`refill`) is formatted if it cannot be mounted.

    `readsize`: bytes a flash access; littlefs keeps buffers of four times as much.
    """
    partition = Partition.find(Partition.TYPE_DATA, label=label)[0]
    lookahead = max(32, (partition.ioctl(_BLOCK_COUNT, 0) + 63) // 64 * 8)  # a bit for each block: one scan finds all that are free
    try:
        system = vfs.VfsLfs2(partition, lookahead=lookahead, readsize=readsize)
    except OSError as damaged:
        if not refill:
            raise
        print("{} cannot be mounted ({}): formatted".format(label, damaged))
        vfs.VfsLfs2.mkfs(partition)
        system = vfs.VfsLfs2(partition, lookahead=lookahead)
    vfs.mount(system, folder)


def slot(folder):
    """File of the application to start."""
    chosen = _FIRST_SLOT
    if _SLOT_FILE in os.listdir(folder):
        with open(folder + "/" + _SLOT_FILE) as file:
            chosen = file.read().strip()
    return folder + "/" + chosen + ".zip"


def open_archive(path):
    """The `Archive` at `path`. Raises ValueError for anything but a whole archive of stored members, OSError if it cannot be read."""
    file = open(path, "rb")
    file.seek(max(0, os.stat(path)[6] - _END_SIZE))
    end = file.read(_END_SIZE)
    if len(end) < _END_SIZE or end[:4] != _END:
        raise ValueError("no ZIP archive, or not all of it")
    directory = number(end[16:20])
    if number(end[12:16]) > _DIRECTORY_MAX:
        raise ValueError("{}: too many members".format(path))
    file.seek(directory)
    index, folders, place = bytearray(), set(), 0
    for _ in range(number(end[10:12])):
        name, size = _member(file, path)
        fresh = [folder for folder in _folders(name) if folder not in folders]
        folders.update(fresh)
        for found in [name] + fresh:
            index.extend(key(found) + place.to_bytes(2, "little"))
        place += size
    return Archive(file, directory, bytes(index))


def _member(file, path):
    """Name of the member whose entry of the directory comes next in `file`, and the size of the entry."""
    head = file.read(ENTRY_SIZE)
    if len(head) < ENTRY_SIZE or head[:4] != _ENTRY:
        raise ValueError("{}: a ZIP archive with a damaged directory".format(path))
    length, behind = number(head[28:30]), number(head[30:32]) + number(head[32:34])
    name = file.read(length)
    if number(head[10:12]) != _STORED:
        raise ValueError("{}: {} is compressed".format(path, name.decode()))
    file.read(behind)
    return name, ENTRY_SIZE + length + behind


def _folders(name):
    """Names of the folders above a member, the outermost first."""
    at = name.find(b"/")
    while at >= 0:
        yield name[:at]
        at = name.find(b"/", at + 1)
