"""What the runtime image does after power-on, for CPython: puts the files of the partition `vfs` into the working folder, and runs `main.py` there.

Where the board says `/` the node here says its working folder. Then the prompt, at which nothing runs but the watchdog.
"""

import os
import sys
import time
import traceback
from pathlib import Path

_emulation, _packages = sys.argv[1:]
sys.path.insert(0, _emulation)
sys.path.append(_packages)

import compat

compat.install()

import esp32
import vfs

from loa.sim.esp32 import fitting, nvs


def main() -> None:
    root = os.getcwd()
    fitting.fit()
    nvs.erase_if_full()
    vfs.mount(vfs.VfsLfs2(esp32.Partition.find(esp32.Partition.TYPE_DATA, label="vfs")[0]), root)
    sys.path.insert(0, root)
    try:
        exec(compile(Path("main.py").read_text(), "main.py", "exec"), {"__name__": "__main__"})
    except Exception:  # noqa: BLE001 - as the prompt does: printed, whatever it is
        traceback.print_exc()
    print(">>>")
    while True:
        time.sleep_ms(1_000)  # type: ignore[attr-defined]


main()
