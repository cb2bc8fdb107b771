"""Runs on a board at its prompt: mounts the node's partitions, tells what stands in them, takes files. Sent as text; each function answers by printing.

The watchdog of the program that was interrupted still runs, and nothing stops it; it is fed with every call.
"""

import binascii
import gc
import hashlib
import io
import os

import deflate
import machine
import vfs
from esp32 import Partition

watchdog = machine.WDT(timeout=60000)
_PIECE = 1024
_SPARE_BLOCKS = 4  # littlefs writes folders anew before it lets go of the old ones


try:
    vfs.umount("/slot")  # the application that was interrupted holds its file open, and what is open keeps its room
except OSError:  # nothing was mounted
    pass


def mount(label):
    """Folder of a partition; one that holds no file system is formatted."""
    watchdog.feed()
    if label == "vfs":
        return ""
    try:
        os.stat("/" + label + "/.")
    except OSError:
        partition = Partition.find(Partition.TYPE_DATA, label=label)[0]
        try:
            system = vfs.VfsLfs2(partition, readsize=256)
        except OSError:
            vfs.VfsLfs2.mkfs(partition)
            system = vfs.VfsLfs2(partition, readsize=256)
        vfs.mount(system, "/" + label)
    return "/" + label


def digests(label, names):
    """Prints the SHA-256 of each file in hexadecimal, an empty line for one that is not there."""
    folder = mount(label)
    piece = bytearray(_PIECE)
    view = memoryview(piece)
    for name in names:
        found = hashlib.sha256()
        try:
            with open(folder + "/" + name, "rb") as file:
                while True:
                    count = file.readinto(piece)
                    if not count:
                        break
                    found.update(view[:count])
                    watchdog.feed()
            print(binascii.hexlify(found.digest()).decode())
        except OSError:
            print()


def begin(label, name, size):
    """Open a file beside the one that it will replace; where there is no room for both the old one goes first."""
    global file, target
    target = mount(label)
    for folder in name.split("/")[:-1]:
        target += "/" + folder
        try:
            os.mkdir(target)
        except OSError:  # it is there
            pass
    target = mount(label) + "/" + name
    gc.collect()
    remove(target + ".new")
    block, _, _, free = os.statvfs(mount(label) or "/")[:4]
    if free * block < size + _SPARE_BLOCKS * block:
        remove(target)
    file = open(target + ".new", "wb")


def remove(path):
    """It need not be there."""
    try:
        os.remove(path)
    except OSError:
        pass


def take(text):
    """A piece of it: base64 of a zlib stream."""
    watchdog.feed()
    file.write(deflate.DeflateIO(io.BytesIO(binascii.a2b_base64(text)), deflate.ZLIB).read())


def end():
    """It is whole: in one step it replaces the old one. The source of a module that is compiled now would be imported in its place."""
    file.close()
    os.rename(target + ".new", target)
    if target.endswith(".mpy"):
        remove(target[:-4] + ".py")
    watchdog.feed()
