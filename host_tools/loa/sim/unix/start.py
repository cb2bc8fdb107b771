"""What the runtime image does after power-on, for MicroPython: mounts the partition `vfs` as `/`, and runs `main.py`. Then the prompt.

At the prompt nothing runs but the watchdog. Arguments: this folder, and the one that holds `loa`; both are forgotten when the node's own files are there.
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
import machine  # noqa: F401
import network  # noqa: F401
import vfs


def mount_root():
    """As the stock `_boot.py`: without a file system that mounts there is no way on."""
    vfs.umount("/")
    partition = esp32.Partition.find(esp32.Partition.TYPE_DATA, label="vfs")[0]
    try:
        vfs.mount(vfs.VfsLfs2(partition), "/")
    except OSError:
        while True:
            print("FAT filesystem appears to be corrupted. Performing factory reset is recommended.")
            time.sleep(3)
    sys.path[:] = ["", ".frozen", "/lib"]


def run_main():
    """As `pyexec`: what `main.py` raises is printed, and the prompt comes."""
    with open("/main.py") as file:
        program = compile(file.read(), "main.py", "exec")
    try:
        exec(program, {"__name__": "__main__"})
    except Exception as error:  # noqa: BLE001 - as the prompt does: printed, whatever it is
        sys.print_exception(error)


mount_root()
run_main()
print(">>>")
while True:
    time.sleep(1)
