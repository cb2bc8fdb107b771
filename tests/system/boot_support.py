"""Simulated nodes with a small application of the test's own under the real `main.py` and `board.py`."""

import json
from io import BytesIO
from zipfile import ZIP_STORED, ZipFile

import pytest

from loa.boards import Board, load_board
from loa.provision.contents import boot_files
from loa.provision.disk import Files
from loa.provision.image import build_image
from loa.provision.slot import compiled
from loa.sim.node import SimulatedNode
from loa.sim.runtime import Runtime
from loa.testing.lab import MakeNode, runtime

BOARD = "generic-esp32-max98357a"
WAIT_S = 30.0
ALIVE = """
import asyncio
async def alive(board):
    while True:
        board.watchdog.feed()
        await asyncio.sleep_ms(50)
"""
_FROM_FIRMWARE = (
    "node/__init__.",
    "node/board.",
    "node/drivers/",
    "node/moved.",
    "node/portal/__init__.",
    "node/portal/wanted.",
    "node/refusal.",
    "node/start.",
    "node/store/__init__.",
    "node/store/files.",
    "node/store/networks.",
)


def board(name: str = BOARD) -> Board:
    return load_board(name)


both = pytest.mark.parametrize("on", [runtime("micropython"), runtime("cpython")], ids=["micropython", "cpython"])


def image(application: str, on: Runtime, data: Files | None = None, app: Files | None = None, name: str = BOARD) -> bytes:
    """A flash image of the board `name` whose slot a holds `application` as `node/app.py`; `app`: other files of the partition that has the slots."""
    described = board(name)
    vfs = boot_files(interpreted=not on.is_micropython) | {
        "identity.json": json.dumps({"id": "bench-1"}).encode(),
        "board.json": json.dumps(described.for_node(name)).encode(),
    }
    slots = {"a.zip": slot(application, on)} | dict(app or {})
    return build_image(described, {"vfs": vfs, "app": slots, "data": {"config.json": b"{}"} if data is None else data})


def slot(application: str, on: Runtime) -> bytes:
    """A slot: the firmware's own board, and `application` instead of its `app`."""
    members = {path: content for path, content in compiled(None).items() if path.startswith(_FROM_FIRMWARE)}
    members["node/app.py"] = application.encode()
    content = BytesIO()
    with ZipFile(content, "w", ZIP_STORED) as archive:
        for path, member in members.items():
            archive.writestr(path, member)
    return content.getvalue()


def running(loa_node: MakeNode, application: str, on: Runtime) -> SimulatedNode:
    """A node that runs `application`."""
    simulated = loa_node(image(application, on), on.name)
    simulated.start()
    return simulated
