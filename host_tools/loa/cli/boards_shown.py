"""How work on boards is shown: one board as a bar, many as a table, and without a terminal as lines that say each step once."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.live import Live
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from loa.bench.watch import FAILED, MADE, WORKING, Row
from loa.cli import output
from loa.cli.words import spoken
from loa.language import _
from loa.progress import Progress as Listener

_STYLES = {MADE: "green", FAILED: "red", WORKING: "cyan"}


class _Bar:
    """A listener that is a bar."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._task = bar.add_task("", total=None)

    def stage(self, words: str) -> None:
        """Another step."""
        self._bar.update(self._task, description=words)

    def advance(self, done: int, total: int) -> None:
        """How far."""
        self._bar.update(self._task, completed=done, total=total)

    def note(self, words: str) -> None:
        """Said above the bar."""
        self._bar.console.print(words, style="yellow")


class _Lines:
    """A listener that is a line for each step."""

    def __init__(self) -> None:
        self._said = ""

    def stage(self, words: str) -> None:
        """Another step."""
        if words != self._said:
            self._said = words
            output.notes().print(words)

    def advance(self, done: int, total: int) -> None:
        """Not shown."""

    def note(self, words: str) -> None:
        """Said."""
        output.notes().print(words)


@contextmanager
def one_board() -> Iterator[Listener]:
    """Somebody who shows the work on one board, on stderr."""
    console = output.notes()
    if not console.is_terminal or console.is_dumb_terminal:
        yield _Lines()
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        yield _Bar(bar)


class ManyBoards:
    """The table of a watch; without a terminal a line for each change of a row's state, or as JSON."""

    def __init__(self, live: Live | None, json: bool) -> None:
        self._live = live
        self._json = json
        self._said: dict[int, str] = {}

    def show(self, rows: list[Row]) -> None:
        """How things are now."""
        if self._live is not None:
            self._live.update(boards_table(rows), refresh=True)
            return
        for row in rows:
            if self._said.get(row.number) != row.state:
                self._said[row.number] = row.state
                self._say(row)

    def _say(self, row: Row) -> None:
        told = {"board": row.number, "port": row.port.device, "place": row.port.location, "state": row.state, "words": _words(row)}
        if self._json:
            output.as_json(told | {"hint": row.hint, "made": row.outcome})
        else:
            output.results().print(f"{row.number}  {row.port.location}  {_state(row.state)}  {_words(row)}")
            if row.hint:
                output.notes().print(_("hint: {hint}", hint=row.hint))


@contextmanager
def many_boards(json: bool) -> Iterator[ManyBoards]:
    """Somebody who shows a watch for as long as the block lasts."""
    console = output.results()
    if json or not console.is_terminal or console.is_dumb_terminal:
        yield ManyBoards(None, json)
        return
    with Live(console=console, auto_refresh=False) as live:
        yield ManyBoards(live, json)


def boards_table(rows: list[Row]) -> Table:
    """A row a board, the newest last."""
    told = [
        (
            str(row.number),
            row.port.location,
            Text(_state(row.state), _STYLES.get(row.state, "")),
            f"{row.done * 100 // row.total} %" if row.state == WORKING and row.total else "",
            _words(row) + (f" ({row.hint})" if row.hint else ""),
        )
        for row in rows
    ]
    return output.table((_("board"), _("place"), _("state"), "", _("what")), told)


def _state(state: str) -> str:
    return {"waiting": _("waiting"), "working": _("working")}.get(state) or spoken(state)


def _words(row: Row) -> str:
    if row.state == MADE:
        made = row.outcome
        return _("{node}  {mac}  {seconds} s", node=made.node, mac=made.mac, seconds=f"{made.seconds:.0f}") + (
            "" if not row.unplugged else "  " + _("unplugged")
        )
    return row.words
