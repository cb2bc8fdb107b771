"""A fleet at one glance: a row for each hamlet, what is on the air, and what befell the nodes. On a terminal in place, elsewhere when it changes."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from rich.live import Live
from rich.table import Table
from rich.text import Text

from loa.cli import output
from loa.cli.glance import short
from loa.language import _
from loa.sim.fleet.messages import Boot, Look, Sound
from loa.site.model import Site

_NOTES_MAX = 20  # faults told one by one; of more at a time only their number
_AIR_MAX = 3


@dataclass(frozen=True)
class Hamlet:
    """How its nodes are; `air`: how many have which key on the air."""

    area: str
    nodes: int
    powered: int
    online: int
    air: dict[str, int]


def hamlets(site: Site, states: Mapping[str, tuple[bool, bool, str | None]]) -> list[Hamlet]:
    """All hamlets with nodes, in the site's order. `states`: (powered, online, key on the air) by node, as `Crew.nodes` tells."""
    by_area: dict[str, list[tuple[bool, bool, str | None]]] = {}
    for name, state in states.items():
        by_area.setdefault(site.nodes[name].area, []).append(state)
    return [
        Hamlet(
            area,
            len(by_area[area]),
            sum(powered for powered, _, _air in by_area[area]),
            sum(online for _, online, _air in by_area[area]),
            dict(Counter(air for _powered, _online, air in by_area[area] if air is not None).most_common()),
        )
        for area in site.areas
        if area in by_area
    ]


class FleetGlance:
    """What is shown. `refresh` takes the newest; `told` says what befell nodes."""

    def __init__(self, site: Site, json: bool, live: Live | None) -> None:
        self._site = site
        self._json = json
        self._live = live
        self._before: list[Hamlet] | None = None

    def refresh(self, states: Mapping[str, tuple[bool, bool, str | None]], look: Look) -> None:
        """Show how things are now; where lines follow one another only if something has changed."""
        now = hamlets(self._site, states)
        if self._live is not None:
            self._live.update(fleet_table(self._site, now, look), refresh=True)
        elif now != self._before:
            self._before = now
            if self._json:
                output.as_json({"hamlets": now, "underruns": look.underruns})
            else:
                output.results().print(fleet_table(self._site, now, look))

    def told(self, events: Iterable[Sound | Boot]) -> None:
        """Say which nodes started anew and why."""
        boots = [event for event in events if isinstance(event, Boot) and event.cause != "power"]
        for boot in boots[:_NOTES_MAX]:
            self._note(f"node {boot.node} starts again ({boot.cause})")
        if len(boots) > _NOTES_MAX:
            self._note(f"and {len(boots) - _NOTES_MAX} more nodes start again")

    def news(self, lines: Iterable[str]) -> None:
        """Say what a storm did: a few lines as they are, of more only their number."""
        some = list(lines)
        for line in some[:_NOTES_MAX]:
            self._note(line)
        if len(some) > _NOTES_MAX:
            self._note(f"storm: and {len(some) - _NOTES_MAX} more")

    def _note(self, text: str) -> None:
        console = self._live.console if self._live is not None else output.notes()
        console.print(text, style="yellow")


@contextmanager
def fleet_shown(site: Site, json: bool) -> Iterator[FleetGlance]:
    """A glance for as long as the block lasts."""
    console = output.results()
    if json or not console.is_terminal or console.is_dumb_terminal:
        yield FleetGlance(site, json, None)
        return
    with Live(console=console, auto_refresh=False) as live:
        yield FleetGlance(site, json, live)


def fleet_table(site: Site, rows: list[Hamlet], look: Look) -> Table:
    """One row a hamlet, and one for all of them."""
    total: Counter[str] = Counter()
    for row in rows:
        total.update(row.air)
    all_of_them = Hamlet("", look.nodes, look.powered, look.online, dict(total.most_common()))
    cells = [
        (
            site.areas[row.area].name if row.area else "all",
            str(row.nodes),
            Text(str(row.online), "green" if row.online == row.nodes else "yellow"),
            Text(str(row.nodes - row.powered) if row.powered < row.nodes else "-", "red"),
            Text(_air(row.air), no_wrap=True, overflow="ellipsis"),
        )
        for row in [*rows, all_of_them]
    ]
    return output.table((_("hamlet"), _("nodes"), _("online"), _("without power"), _("on the air")), cells, one_line=True)


def _air(air: dict[str, int]) -> str:
    if not air:
        return "-"
    shown = [f"{short(key)} ({count})" for key, count in list(air.items())[:_AIR_MAX]]
    return ", ".join(shown) + (" ..." if len(air) > _AIR_MAX else "")
