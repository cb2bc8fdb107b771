"""The technician's commands on a machine that has neither pseudo-terminals nor fork nor MicroPython, as Windows: all of it imports, and a board is made."""

import json
import subprocess
import sys
from pathlib import Path

from boards_support import board
from cli_support import Desk

# What Windows lacks, taken away once the packages that have a way of their own there are in memory.
_WITHOUT = """
import sys
import asyncio, ctypes, multiprocessing, subprocess, tempfile, uuid
import esptool.cmds, esp_pylib.serial_reset, mpremote.transport_serial, serial.tools.list_ports, matplotlib, rich.live, typer, paho.mqtt.client
import aiohttp, av, cryptography.x509, joserfc.jws, littlefs, numpy, pydantic, fpdf, segno
for name in ("fcntl", "grp", "pty", "pwd", "resource", "termios", "tty"):
    sys.modules[name] = None
import os, signal, socket, types
sys.modules["msvcrt"] = types.ModuleType("msvcrt")
sys.modules["msvcrt"].LK_NBLCK = 2
sys.modules["msvcrt"].locking = lambda descriptor, mode, count: None
for module, names in ((os, ("fork", "openpty", "setsid", "geteuid")), (signal, ("SIGHUP", "SIGKILL", "SIGUSR1")), (socket, ("AF_UNIX",))):
    for name in names:
        if hasattr(module, name):
            delattr(module, name)
"""


def _run(code: str, *arguments: str) -> str:
    done = subprocess.run([sys.executable, "-c", _WITHOUT + code, *arguments], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_every_command_of_the_bench_is_there():
    shown = _run("from loa.cli import main; main()", "--help")
    assert all(command in shown for command in ("make-node", "flash", "provision", "labels", "inventory", "doctor"))


def test_a_board_is_made_and_labelled(tmp_path):
    desk = Desk(tmp_path)
    desk.edit('kind = "nats"\n', 'kind = "nats"\nport = 18883\n')
    command = "from loa.cli import main; main()"
    places = ("--site", str(desk.site))
    with board(tmp_path) as plugged:
        small = _image(tmp_path)
        made = json.loads(
            _run(command, "make-node", "ban-la-1", "--port", plugged.url, "--image", str(small), "--no-wait", "--json", *places)
        )
        assert made["node"] == "ban-la-1" and "vfs" in made["written"]["stretches"]
        table = json.loads(_run(command, "inventory", "--json", *places))
        assert [entry["mac"] for entry in table["boards"]] == [made["mac"]]
    _run(command, "labels", "--made", "-o", str(tmp_path / "labels.pdf"), *places)
    assert (tmp_path / "labels.pdf").read_bytes().startswith(b"%PDF")


def _image(folder: Path) -> Path:
    from loa.sim.boards import stand_in

    path = folder / "runtime.bin"
    path.write_bytes(stand_in.image("esp32", 60_000))
    return path
