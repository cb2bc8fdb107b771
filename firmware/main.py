"""Starts the node: full clock, watchdog, file systems, console, then the application of the chosen slot. Never changes after installation.

The watchdog comes first, so that everything after it may fail: a boot that hangs or raises ends in a reset. Where `/` is not the root of the
node's files, the working folder is.
"""

import machine

machine.freq(240_000_000)
_WATCHDOG_MS = 10_000  # above the longest calls that cannot be split, a scan of the radio and a format of `data`
watchdog = machine.WDT(timeout=_WATCHDOG_MS)

import gc
import os
import sys

gc.threshold(4096)  # loading leaves much behind; collected late, what stays would lie scattered and no large block be left

import micropython
import vfs
from esp32 import Partition

from archive import Archive

_CONSOLE_MS = 2_000  # a person at the bench has so long to press Ctrl-C; on a pole a floating line would press it for ever
_BLOCK_COUNT = 4  # MP_BLOCKDEV_IOCTL_BLOCK_COUNT
_SLOT_FILE = "slot"  # in `app`, the letter of the slot to start; without it the first
_FIRST_SLOT = "a"

_SLOW_FOLDERS = ("", "/lib")

root = os.getcwd().rstrip("/")


def close_console(timer):
    """Timer callback. The timer repeats until one comes through: a callback that finds the queue full is lost."""
    timer.deinit()
    micropython.kbd_intr(-1)


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
    watchdog.feed()


def slot(folder):
    """File of the application to start."""
    chosen = _FIRST_SLOT
    if _SLOT_FILE in os.listdir(folder):
        with open(folder + "/" + _SLOT_FILE) as file:
            chosen = file.read().strip()
    return folder + "/" + chosen + ".zip"


machine.Timer(0, mode=machine.Timer.PERIODIC, period=_CONSOLE_MS, callback=close_console)
mount("data", root + "/data", refill=True)
mount("app", root + "/app", refill=False, readsize=64)  # an archive is read in long runs; with 256 its buffers take 2.3 KB more
vfs.mount(Archive(slot(root + "/app")), root + "/slot")
# An import of a built-in module looks through all folders first, every time, and littlefs takes half a second to say no.
sys.path[:] = [root + "/slot"] + [folder for folder in sys.path if folder not in _SLOW_FOLDERS]

import node.board
import node.start

node.start.main(node.board.Board(root, watchdog))
