"""What the runtime image does after power-on, for MicroPython: mounts the partition `vfs` as `/`, and runs `main.py`. Then the prompt.

At the prompt nothing runs but the watchdog; with nobody at the console the process only stays. Arguments: this folder, and the one that
holds `loa`; both are forgotten when the node's own files are there.
"""

import sys

_emulation, _packages = sys.argv[1:]
sys.path.insert(0, _emulation)
sys.path.append(_packages)

import emulation  # noqa: F401

# isort: split
# Everything that the node may import from the host is imported now: once `/` is the node's own, the host's files cannot be found.
import asyncio  # noqa: F401
import json  # noqa: F401
import select  # noqa: F401
import socket  # noqa: F401
import time

import esp32
import interrupts
import machine  # noqa: F401
import network  # noqa: F401
import vfs
from chip import CHIP

from loa.sim.esp32 import fitting, nvs
from loa.sim.hardware.chip import PROMPT


def mount_root():
    """As the stock `_boot.py`: a blank partition is formatted, without one that mounts there is no way on."""
    vfs.umount("/")
    partition = esp32.Partition.find(esp32.Partition.TYPE_DATA, label="vfs")[0]
    if is_blank(partition):
        vfs.VfsLfs2.mkfs(partition)
    try:
        vfs.mount(vfs.VfsLfs2(partition), "/")
    except OSError:
        while True:
            print("FAT filesystem appears to be corrupted. Performing factory reset is recommended.")
            time.sleep(3)
    sys.path[:] = ["", ".frozen", "/lib"]


def is_blank(partition):
    """As `inisetup.check_bootsec`: nothing in the first block."""
    block = bytearray(4096)
    partition.readblocks(0, block)
    return all(cell == 0xFF for cell in block)


def run_main():
    """As `pyexec`: what `main.py` raises is printed, an interrupt too, and the prompt comes."""
    try:
        with open("/main.py") as file:
            source = file.read()
    except OSError:  # there is none
        return
    try:
        exec(compile(source, "main.py", "exec"), {"__name__": "__main__"})
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - as the prompt does: printed, whatever it is
        sys.print_exception(error)


interrupts.watch()
fitting.fit()
nvs.erase_if_full()
mount_root()
if CHIP.cause == PROMPT:
    print("MPY: soft reboot", end="\r\n")
else:
    run_main()
interrupts.prompt()
if not CHIP.terminal:
    print(">>>")
    while True:
        time.sleep(1)
