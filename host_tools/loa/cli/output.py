"""What commands print: results on stdout, for people or as JSON; everything else on stderr. Without a terminal lines are neither folded nor coloured."""

import dataclasses
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

_PIPE_COLUMNS = 240


def results() -> Console:
    """Where results go."""
    return _console(stderr=False)


def notes() -> Console:
    """Where progress, warnings and errors go."""
    return _console(stderr=True)


def as_json(value: Any) -> None:
    """Print a result for machines, on one line; dataclasses become objects."""
    typer.echo(json.dumps(value, default=_plain, ensure_ascii=False))


def table(titles: Sequence[str], rows: Iterable[Sequence[str | Text]], one_line: bool = False) -> Table:
    """Columns without rules, so that they can be cut and searched too. Too wide a line is folded, or with `one_line` its last cell."""
    made = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for title in titles:
        made.add_column(title, overflow="fold", no_wrap=one_line and title != titles[-1])
    for row in rows:
        made.add_row(*row)
    return made


def clock(unix: float | None, zone: str, form: str = "%m-%d %H:%M:%S") -> str:
    """A time in the site's zone; "-" if it is not known."""
    return datetime.fromtimestamp(unix, ZoneInfo(zone)).strftime(form) if unix else "-"


def length(ms: int) -> str:
    """A length of audio as m:ss."""
    return f"{ms // 60000}:{ms // 1000 % 60:02}"


def _console(stderr: bool) -> Console:
    console = Console(stderr=stderr, markup=False, emoji=False, highlight=False)
    if not console.is_terminal:
        console.width = _PIPE_COLUMNS
        console.soft_wrap = True
    return console


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    raise TypeError(f"{value!r} has no form in JSON")
