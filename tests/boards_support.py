"""Virtual boards for tests: bare ones that cost no time, and what is flashed into them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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
