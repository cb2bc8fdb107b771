"""Simulated nodes with a small application of the test's own under the real `main.py` and `board.py`."""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

import pytest

from loa.firmware import FIRMWARE
from loa.sim.boards import Board, load_board
from loa.sim.image import build_image
from loa.sim.node import SimulatedNode
from loa.sim.runtime import Runtime, compiled, cpython, find_runtime

BOARD = "generic-esp32-max98357a"
WAIT_S = 30.0
ALIVE = """
import asyncio
async def alive(board):
    while True:
        board.watchdog.feed()
        await asyncio.sleep_ms(50)
"""
_FROM_FIRMWARE = ("node/__init__", "node/board")


def board() -> Board:
    return load_board(BOARD)


def runtime(name: str) -> Runtime:
    """The runtime of that name; MicroPython must be there."""
    found = find_runtime()
    assert found.is_micropython, found.says
    return found if name == "micropython" else cpython("asked for by a test")


both = pytest.mark.parametrize("on", [runtime("micropython"), runtime("cpython")], ids=["micropython", "cpython"])


def image(application: str, on: Runtime, data: Mapping[str, bytes] | None = None, **slots: str) -> bytes:
    """A flash image whose slot a holds `application` as `node/app.py`; `slots`: other texts in the partition `app` by path."""
    app = {f"a/{path}": content for path, content in compiled(on.march).items() if path.split(".")[0] in _FROM_FIRMWARE}
    app["a/node/app.py"] = application.encode()
    app |= {path: content.encode() for path, content in slots.items()}
    described = board()
    vfs = {
        "main.py": (FIRMWARE / "main.py").read_bytes(),
        "identity.json": json.dumps({"id": "bench-1"}).encode(),
        "board.json": json.dumps(described.for_node(BOARD)).encode(),
    }
    return build_image(described, {"vfs": vfs, "app": app, "data": {"config.json": b"{}"} if data is None else data})


@contextmanager
def node(flash: bytes, on: Runtime) -> Iterator[SimulatedNode]:
    """A node with that flash, not switched on yet; off and gone afterwards."""
    folder = Path(mkdtemp(prefix="loa-node-"))
    simulated = SimulatedNode(folder, "bench-1", on)
    simulated.install(flash)
    try:
        yield simulated
    finally:
        simulated.power_off()
        shutil.rmtree(folder)


@contextmanager
def running(application: str, on: Runtime, **others: Mapping[str, bytes]) -> Iterator[SimulatedNode]:
    """A node that runs `application`."""
    with node(image(application, on, **others), on) as simulated:
        simulated.start()
        yield simulated
