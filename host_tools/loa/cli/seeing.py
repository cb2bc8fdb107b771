"""Commands that only look: who is there, what was played, what happened."""

import time
from typing import Annotated

import typer
from rich.text import Text

from loa.cli import output
from loa.cli.failures import show
from loa.cli.glance import describe, short, shown, when
from loa.cli.place import JsonOption, Place, at_station
from loa.cli.signals import until_ended
from loa.cli.words import spoken
from loa.errors import EXIT_INVALID, LoaError, suggestion
from loa.language import _
from loa.station.overview import overview
from loa.station.proof import Proof
from loa.station.record import Event
from loa.station.refusals import Refusal, refusals
from loa.station.station import Station

_RESULT_STYLES = {"complete": "green", "due": "cyan", "partly": "yellow", "replaced": "yellow", "dropped": "yellow", "silent": "red"}


@at_station
def watch(
    place: Place,
    once: Annotated[bool, typer.Option("--once", help="Show it once and end.")] = False,
    seconds: Annotated[float | None, typer.Option(min=0, show_default="until Ctrl-C", help="How long.")] = None,
    json: JsonOption = False,
) -> None:
    """Show the nodes: online, on the air, clock, what they lag behind with, last event. With --json a line for each change."""
    with place.station() as station:
        if not place.served:
            output.notes().print(
                _("note: the service of station {name} does not run; this is what it knew last", name=station.name), style="yellow"
            )
            output.notes().print(_("hint: {service_hint}", service_hint=place.service_hint))
        try:
            station.clock.check()
        except LoaError as wrong:
            show(wrong)
        with shown(lambda: overview(station), station.site.time_zone, json) as glance:
            until_ended(0 if once else seconds, glance.refresh)


@at_station
def log(
    place: Place,
    node: Annotated[str | None, typer.Argument(metavar="NODE", help="Only this node.")] = None,
    hours: Annotated[float, typer.Option(min=0, help="How far back.")] = 24,
    json: JsonOption = False,
) -> None:
    """Show proof of play, against what was planned and ordered, the events that nodes reported, and documents that they refuse."""
    with place.station() as station:
        _check_node(station, node)
        last = int(time.time()) + 1
        first = last - round(hours * 3600)
        proofs = [proof for proof in station.proofs(first, last) if node in (None, proof.node)]
        events = station.record.events(node, first)
        lost = [
            dict(zip(("node", "journal", "first", "last"), gap, strict=True)) for gap in station.record.lost() if node in (None, gap[0])
        ]
        lags = [lag for status in station.status() if node in (None, status.id) for lag in station.lags_of(status.id, status.state)]
        refused = refusals(station, lags)
        if json:
            output.as_json({"proofs": proofs, "events": events, "lost": lost, "refused": refused})
        else:
            titles = {
                record["id"]: record["bulletin"].get("title", "") for _, record in station.orders.given(first, last) if "bulletin" in record
            }
            _show_log(proofs, events, lost, titles, station.site.time_zone)
            _show_refused(refused, station.site.time_zone)


def _check_node(station: Station, node: str | None) -> None:
    if node is not None and node not in station.nodes:
        known = [status.id for status in station.status()]
        raise LoaError(
            _('station {name} has no node "{node}"', name=station.name, node=node),
            suggestion(node, known) or _("known are: ") + ", ".join(known),
            EXIT_INVALID,
        )


def _show_log(proofs: list[Proof], events: list[Event], lost: list[dict[str, object]], titles: dict[str, str], zone: str) -> None:
    results = output.results()
    results.print(_("Proof of play"), style="bold underline")
    rows = [
        (
            output.clock(proof.start, zone),
            proof.node,
            short(proof.key),
            titles.get(short(proof.key), proof.bulletin or ""),
            spoken(proof.importance),
            Text(spoken(proof.result), _RESULT_STYLES[proof.result]),
            _("{part} of {whole}", part=output.length(proof.heard_ms), whole=output.length(proof.of_ms))
            if proof.of_ms
            else output.length(proof.heard_ms),
            spoken(proof.why or ""),
        )
        for proof in proofs
    ]
    results.print(
        output.table((_("start"), _("node"), _("slot or order"), _("audio"), _("class"), _("result"), _("heard"), _("why")), rows)
        if rows
        else _("nothing was to be played")
    )
    results.print(_("\nEvents"), style="bold underline")
    told = [(when(event, zone), event.node, f"{event.journal} {event.n}", spoken(event.kind), describe(event)) for event in events]
    results.print(output.table((_("time"), _("node"), _("number"), _("event"), _("what")), told) if told else _("none"))
    for gap in lost:
        results.print(
            _(
                "lost: events {first} to {last} of {node} (journal {journal})",
                first=gap["first"],
                last=gap["last"],
                node=gap["node"],
                journal=gap["journal"],
            ),
            style="red",
        )


def _show_refused(refused: list[Refusal], zone: str) -> None:
    if refused:
        results = output.results()
        results.print(_("\nRefused documents"), style="bold underline")
        rows = [(output.clock(one.received, zone), one.node, one.document, one.code or "", one.reason or "") for one in refused]
        results.print(output.table((_("time"), _("node"), _("document"), _("code"), _("reason")), rows))
