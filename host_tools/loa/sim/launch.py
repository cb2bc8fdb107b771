"""Starts the process of one run of a simulated node and gives it what it has to know. What the run is for, and how it ends, is `node`'s business."""

import os
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path

from loa.firmware import CPYTHON_TWINS
from loa.sim.hardware import chip
from loa.sim.runtime import Runtime

_SIM = Path(__file__).resolve().parent
_HOST_TOOLS = _SIM.parent.parent


def launch(command: list[str], log: Path, told: Mapping[str, str], terminal: int | None) -> tuple[subprocess.Popen[bytes], socket.socket]:
    """The process, and our end of its lifeline (`loa.sim.hardware.lifeline`).

    `command`: see `start_command`. `told`: what it finds in its environment, by the names of `loa.sim.hardware.chip`. `terminal`: a file descriptor
    for its console, which is closed here; without one it prints into the file `log`. The folder `files` beside that is its working folder.
    """
    ours, theirs = socket.socketpair()
    environment = os.environ | told | {chip.LIFELINE: str(theirs.fileno()), chip.TERMINAL: "0" if terminal is None else "1"}
    working = log.parent / "files"
    working.mkdir(exist_ok=True)
    with theirs, log.open("ab") as printed:
        process = subprocess.Popen(
            command,
            cwd=working,
            env=environment,
            stdin=subprocess.DEVNULL if terminal is None else terminal,
            stdout=printed if terminal is None else terminal,
            stderr=printed if terminal is None else terminal,
            pass_fds=[theirs.fileno()],
            start_new_session=True,
        )
    if terminal is not None:
        os.close(terminal)
    return process, ours


def start_command(runtime: Runtime, heap_kb: int, *, prompt: bool) -> list[str]:
    """What starts a node. `prompt`: MicroPython's is there when the program ends."""
    if runtime.is_micropython:
        unix = _SIM / "unix"
        folders = [str(unix), str(_HOST_TOOLS)]
        return [str(runtime.command), *(["-i"] if prompt else []), "-X", f"heapsize={heap_kb}K", str(unix / "start.py"), *folders]
    return [str(runtime.command), "-u", str(CPYTHON_TWINS / "start.py"), str(CPYTHON_TWINS), str(_HOST_TOOLS)]
