"""The table of nodes, once or live: on a terminal in place, elsewhere whenever something has changed, for machines as one JSON object a line."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.live import Live
from rich.table import Table
from rich.text import Text

from loa.cli import output
from loa.firmware import report_words
from loa.station.overview import View
from loa.station.record import Event

_CLOCK_STYLES = {"synchronised": "green", "coarse": "yellow", "unset": "red"}


@contextmanager
def show_live(look: Callable[[], list[View]], zone: str, json: bool) -> Iterator[Callable[[], None]]:
    """Gives the function that looks again and shows what is new."""
    before: list[list[View]] = []

    def changed() -> list[View] | None:
        views = look()
        if before[-1:] == [views]:
            return None
        before[:] = [views]
        return views

    console = output.results()
    if not json and console.is_terminal and not console.is_dumb_terminal:
        with Live(nodes_table(look(), zone), console=console, auto_refresh=False) as live:
            yield lambda: live.update(nodes_table(look(), zone), refresh=True)
        return

    def tell() -> None:
        views = changed()
        if views is not None and json:
            output.as_json({"nodes": views})
        elif views is not None:
            console.print(nodes_table(views, zone))

    yield tell


def nodes_table(views: list[View], zone: str) -> Table:
    """One row a node."""
    rows = [
        (
            view.node,
            Text("online", "green")
            if view.online
            else Text(f"offline since {output.clock(view.heard, zone)}" if view.heard else "never heard", "red"),
            view.on_air or "-",
            Text(view.clock or "-", _CLOCK_STYLES.get(view.clock or "", "")),
            "-" if view.volume is None else f"{view.volume} %",
            Text(", ".join(dict.fromkeys(lag.partition(":")[0] for lag in view.lags)), "yellow")
            if view.lags
            else Text("up to date", "green"),
            f"{output.clock(view.last.t, zone)} {view.last.kind} {describe(view.last)}" if view.last else "-",
        )
        for view in views
    ]
    return output.table(("node", "state", "on the air", "clock", "volume", "lags behind", "last event"), rows)


def describe(event: Event) -> str:
    """What an event says, in a few words."""
    body = event.body
    if event.kind == report_words.PLAYED:
        span = f"{output.length(body['from_ms'])} to {output.length(body['to_ms'])}" + (
            f" of {output.length(body['of_ms'])}" if body["of_ms"] else ""
        )
        return f"{body['bulletin'] or body['key']} {span}, {body['why']}"
    known = {name: value for name, value in body.items() if name not in ("journal", "n", "t", "kind")}
    return " ".join(f"{name}={value}" for name, value in known.items() if value is not None)
