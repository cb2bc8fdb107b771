"""Forty boards: plug in, done, unplug, next. Looks for ports, starts work on each new one, and keeps a row for every board.

A row belongs to a place on the USB tree until the board there is unplugged; the next board at that place gets a new one. How rows are shown is the caller's.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from loa.errors import LoaError
from loa.flash.errors import PortBusy, PortForbidden, PortMissing
from loa.flash.ports import Port, PortSource
from loa.progress import Progress

AT_ONCE = 16
WAITING, WORKING, MADE, FAILED = "waiting", "working", "made", "failed"
_LOOK_S = 0.4
_SETTLE_S = 2.0  # so long after it appeared a port may still get its rights, or be looked at by a modem manager


@dataclass
class Row:
    """One board on its way. `words` say what goes on or went wrong, `done` of `total` how far; `outcome` is what the work returned."""

    number: int
    port: Port
    state: str = WAITING
    words: str = ""
    hint: str = ""
    done: int = 0
    total: int = 0
    notes: list[str] = field(default_factory=list)
    outcome: Any = None
    unplugged: bool = False

    # What the work says, see `loa.progress`

    def stage(self, words: str) -> None:
        """Another step."""
        self.words, self.done, self.total = words, 0, 0

    def advance(self, done: int, total: int) -> None:
        """How far."""
        self.done, self.total = done, total

    def note(self, words: str) -> None:
        """Kept."""
        self.notes.append(words)


class Watch:
    """Looks at `ports()` and does `work(port, progress)` for each board that appears, at most `AT_ONCE` at a time.

    `with Watch(...) as watch:` and call `look()` again and again; `rows` are there to be read at any time. Leaving the block waits for work under way.
    """

    def __init__(self, ports: PortSource, work: Callable[[Port, Progress], Any], at_once: int = AT_ONCE) -> None:
        self._ports = ports
        self._work = work
        self._free = threading.Semaphore(at_once)
        self._threads: list[threading.Thread] = []
        self.rows: list[Row] = []

    def __enter__(self) -> "Watch":
        return self

    def __exit__(self, *_: object) -> None:
        for thread in self._threads:
            thread.join()

    @property
    def busy(self) -> bool:
        """True while a board is being worked on."""
        return any(row.state in (WAITING, WORKING) for row in self.rows)

    def look(self) -> None:
        """See who came and who went."""
        there = {port.location: port for port in self._ports()}
        for row in self.rows:
            if not row.unplugged and row.port.location not in there and row.state not in (WAITING, WORKING):
                row.unplugged = True
        occupied = {row.port.location for row in self.rows if not row.unplugged}
        for location, port in there.items():
            if location not in occupied:
                self._begin(port)

    def _begin(self, port: Port) -> None:
        row = Row(len(self.rows) + 1, port)
        self.rows.append(row)
        thread = threading.Thread(target=self._run, args=(row,), name=f"board {row.number}")
        self._threads = [one for one in self._threads if one.is_alive()] + [thread]
        thread.start()

    def _run(self, row: Row) -> None:
        with self._free:
            row.state = WORKING
            try:
                row.outcome = self._settled(row)
            except LoaError as error:
                row.words, row.hint, row.state = error.message, error.hint, FAILED
            except Exception as fault:
                row.words, row.state = f"{type(fault).__name__}: {fault}", FAILED
                raise
            else:
                row.state = MADE

    def _settled(self, row: Row) -> Any:
        """The work, begun again for as long as the port is too new to be opened."""
        deadline = time.monotonic() + _SETTLE_S
        while True:
            try:
                return self._work(row.port, row)
            except (PortForbidden, PortMissing, PortBusy):
                if time.monotonic() > deadline:
                    raise
            time.sleep(_LOOK_S)
