"""Virtual boards for tests: bare ones that cost no time, what is flashed into them, and a serial server that carries their bytes alone."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import serial
from host_support import SITE_FILE

from loa.boards import Board, load_board
from loa.flash.ports import Port
from loa.flash.runtime import RuntimeImage, read_image
from loa.sim.boards import protocol_board, stand_in
from loa.sim.boards.board import VirtualBoard
from loa.sim.runtime import find_runtime
from loa.site import load_site

KIND = load_site(SITE_FILE).nodes["ban-la-1"].board
MIB = 1 << 20

protocol_board.register()


def kind() -> Board:
    return load_board(KIND)


def image(folder: Path, size: int = 60_000) -> RuntimeImage:
    """A runtime image for virtual boards; small, since most tests do not care."""
    path = folder / "runtime.bin"
    path.write_bytes(stand_in.image("esp32", size))
    return read_image(path, kind(), march=find_runtime().march)


@contextmanager
def board(folder: Path, number: int = 1, *, chip: str = "esp32", flash_bytes: int = 4 * MIB, pace: float = 0.0) -> Iterator[VirtualBoard]:
    """A board that is plugged in; not any more afterwards."""
    made = VirtualBoard(folder / f"board-{number}", chip, flash_bytes, bytes((2, 0, 0, 0, 0, number)), find_runtime(), pace)
    made.plug()
    try:
        yield made
    finally:
        made.unplug()


def port(plugged: VirtualBoard) -> Port:
    return Port(plugged.url, plugged.folder.name, "virtual board")


class Heard:
    """Keeps what the work says of itself."""

    def __init__(self) -> None:
        self.stages: list[str] = []
        self.notes: list[str] = []
        self.far: tuple[int, int] = (0, 0)

    def stage(self, words: str) -> None:
        self.stages.append(words)

    def advance(self, done: int, total: int) -> None:
        self.far = (done, total)

    def note(self, words: str) -> None:
        self.notes.append(words)


@contextmanager
def carried(plugged: VirtualBoard, *, loading: bool) -> Iterator[Port]:
    """The board's port as `socket://`, as a serial server or an emulator has it. `loading`: its boot pin was low when it started."""
    with serial.serial_for_url(plugged.url, baudrate=115_200, timeout=0.02) as wire, socket.create_server(("127.0.0.1", 0)) as listener:
        if loading:
            for dtr, rts in ((False, True), (True, False)):
                wire.dtr, wire.rts = dtr, rts
                time.sleep(0.1)
        wire.dtr = wire.rts = True  # neither reset nor boot pin
        ended = threading.Event()
        threading.Thread(target=_serve, args=(listener, wire, ended), name="serial server", daemon=True).start()
        url = f"socket://127.0.0.1:{listener.getsockname()[1]}"
        try:
            yield Port(url, url, "")
        finally:
            ended.set()


def _serve(listener: socket.socket, wire: Any, ended: threading.Event) -> None:
    """One client after the other, until the block has ended."""
    listener.settimeout(0.1)
    while not ended.is_set():
        try:
            client, _address = listener.accept()
        except OSError:
            continue
        client.settimeout(0.005)
        with client:
            _carry(client, wire, ended)


def _carry(client: socket.socket, wire: Any, ended: threading.Event) -> None:
    while not ended.is_set():
        try:
            data = client.recv(65536)
            if not data:
                return
            wire.write(data)
        except TimeoutError:
            pass
        except OSError:
            return
        if count := wire.in_waiting:
            client.settimeout(None)
            client.sendall(wire.read(count))
            client.settimeout(0.005)
