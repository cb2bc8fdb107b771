"""The table of nodes, once or live: on a terminal in place, elsewhere whenever something has changed, for machines as one JSON object a line."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.live import Live
from rich.table import Table
from rich.text import Text

from loa.cli import output
from loa.cli.words import spoken
from loa.firmware import report_words
from loa.language import _
from loa.station.overview import View
from loa.station.record import Event

_CLOCK_STYLES = {"synchronised": "green", "coarse": "yellow", "unset": "red"}


class Glance:
    """What is shown of the nodes. `refresh()` looks again; `note(text)` says something beside the table."""

    def __init__(self, look: Callable[[], list[View]], zone: str, json: bool, live: Live | None) -> None:
        self._look = look
        self._zone = zone
        self._json = json
        self._live = live
        self._before: list[View] | None = None

    def refresh(self) -> None:
        """Show how things are now; where lines follow one another only if something has changed."""
        views = self._look()
        if self._live is not None:
            self._live.update(nodes_table(views, self._zone), refresh=True)
        elif views != self._before:
            self._before = views
            if self._json:
                output.as_json({"nodes": views})
            else:
                output.results().print(nodes_table(views, self._zone))

    def note(self, text: str) -> None:
        """Tell people something that stays."""
        console = self._live.console if self._live is not None else output.notes()
        console.print(text, style="yellow")


@contextmanager
def shown(look: Callable[[], list[View]], zone: str, json: bool) -> Iterator[Glance]:
    """A glance at what `look()` gives, for as long as the block lasts."""
    console = output.results()
    if json or not console.is_terminal or console.is_dumb_terminal:
        yield Glance(look, zone, json, None)
        return
    with Live(console=console, auto_refresh=False) as live:
        yield Glance(look, zone, json, live)


def nodes_table(views: list[View], zone: str) -> Table:
    """One row a node, cut short where the terminal is narrow."""
    rows = [
        (
            view.node,
            _state(view, zone),
            short(view.on_air) if view.on_air else "-",
            Text(spoken(view.clock) if view.clock else "-", _CLOCK_STYLES.get(view.clock or "", "")),
            "-" if view.volume is None else f"{view.volume} %",
            Text(", ".join(_lags(view)) or "-", "red" if view.refused else "yellow"),
            Text(_last(view, zone), no_wrap=True, overflow="ellipsis"),
        )
        for view in views
    ]
    return output.table((_("node"), _("state"), _("on the air"), _("clock"), _("volume"), _("lags"), _("last")), rows, one_line=True)


def _state(view: View, zone: str) -> Text:
    if view.online:
        return Text(_("online"), "green")
    return Text(_("offline {clock}", clock=output.clock(view.heard, zone, "%H:%M")) if view.heard else _("never heard"), "red")


def _lags(view: View) -> dict[str, None]:
    """Kinds of documents, each once, with the code of a refusal."""
    codes = {refusal.document.rpartition(":")[0]: refusal.code for refusal in view.refused}
    return dict.fromkeys(lag.partition(":")[0] + (f": {codes[lag]}" if lag in codes else "") for lag in view.lags)


def _last(view: View, zone: str) -> str:
    return f"{when(view.last, zone)} {spoken(view.last.kind)} {describe(view.last)}" if view.last else "-"


def short(key: str) -> str:
    """Slot or order of a key, without audience and start; its count remains."""
    return key.split("|")[1] if "|" in key else key


def when(event: Event, zone: str) -> str:
    """When it happened; of an event whose node had no time, when it came, marked as such."""
    return output.clock(event.t, zone) if event.t else f"~{output.clock(event.received, zone)}"


def describe(event: Event) -> str:
    """What an event says, in a few words."""
    body = event.body
    if event.kind == report_words.PLAYED:
        first, last = output.length(body["from_ms"]), output.length(body["to_ms"])
        if body["of_ms"]:
            last = _("{part} of {whole}", part=last, whole=output.length(body["of_ms"]))
        return _("{what} {first} to {last}, {why}", what=short(body["key"]), first=first, last=last, why=spoken(body["why"]))
    if event.kind == report_words.DROPPED:
        return f"{short(body['key'])}, {spoken(body['why'])}"
    known = {name: value for name, value in body.items() if name not in ("journal", "n", "t", "kind")}
    return " ".join(f"{name}={value}" for name, value in known.items() if value is not None)
