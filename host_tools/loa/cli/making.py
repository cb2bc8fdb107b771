"""Commands that prepare: audio, plans. None needs a running service."""

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from loa.cli import output
from loa.cli.failures import show
from loa.cli.place import JsonOption, Place, at_station
from loa.cli.words import spoken
from loa.errors import EXIT_USAGE, LoaError
from loa.language import _
from loa.station.audio import Recording
from loa.station.occurrences import Occurrence, occurrences
from loa.station.station import Station

_SHOWN = 8
_AHEAD_S = 14 * 86400
PlanArgument = Annotated[Path, typer.Argument(metavar="PLAN", help="The plan, a TOML file.")]


@at_station
def add(
    place: Place,
    audio: Annotated[list[Path], typer.Argument(metavar="AUDIO...", help="Recordings in any format that FFmpeg reads.")],
    name: Annotated[str | None, typer.Option(help="Name for the bulletin; the file's name if absent.")] = None,
    language: Annotated[str | None, typer.Option(help="Its language, as in site.toml; the first one there if absent.")] = None,
    title: Annotated[str | None, typer.Option(help="Its title for people.")] = None,
    json: JsonOption = False,
) -> None:
    """Take recordings in: measured, made equally loud, and stored in every form that the nodes play."""
    if name and len(audio) > 1:
        raise LoaError(_("--name is for one recording"), _("leave it out, or give one file"), EXIT_USAGE)
    taken: list[Recording] = []
    failed: list[LoaError] = []
    with place.station() as station, output.notes().status("") as status:
        for number, path in enumerate(audio, 1):
            status.update(_("{name} ({number} of {count})", name=path.name, number=number, count=len(audio)))
            try:
                taken.append(station.add_audio(path, name, language, title))
            except LoaError as error:
                failed.append(error)
    for problem in failed:
        show(problem)
    if json:
        output.as_json(taken)
    elif taken:
        rows = [
            (one.name, one.language, output.length(one.ms), f"{one.lufs:.1f} LUFS", f"{one.peak_dbtp:.1f} dBTP", one.title) for one in taken
        ]
        output.results().print(output.table((_("name"), _("language"), _("length"), _("loudness"), _("peak"), _("title")), rows))
    if failed:
        raise typer.Exit(failed[0].exit_code)


@at_station
def plan_check(place: Place, plan: PlanArgument, json: JsonOption = False) -> None:
    """Say every mistake in a plan with its line, or what it plays next."""
    with place.station() as station:
        _show_plan(station, station.check_plan(plan), {"ok": True}, json)


@at_station
def plan_publish(place: Place, plan: PlanArgument, json: JsonOption = False) -> None:
    """Make a plan the plan of the station's area, in place of the one before."""
    with place.station() as station:
        if not place.served:  # else the service has asked
            station.clock.ask()
        document = station.publish_plan(plan)
        _show_plan(station, document.body, {"ok": True, "id": document.id, "revision": document.revision, "served": place.served}, json)
        if not place.served:
            output.notes().print(
                _("note: the service of station {name} does not run; the plan goes out when it does", name=station.name), style="yellow"
            )
            output.notes().print(_("hint: {service_hint}", service_hint=place.service_hint))


def _show_plan(station: Station, body: dict[str, Any], told: dict[str, Any], json: bool) -> None:
    coming = _coming(station, body)
    if json:
        output.as_json({**told, "bulletins": len(body["bulletins"]), "slots": len(body["slots"]), "next": coming})
        return
    state = _("published as {id}", id=told["id"]) if "id" in told else _("can be published")
    output.results().print(
        _("{count} bulletins in {count2} slots: {state}", count=len(body["bulletins"]), count2=len(body["slots"]), state=state)
    )
    zone = station.site.time_zone
    rows = [
        (
            output.clock(one.start, zone, "%a %m-%d %H:%M:%S"),
            output.length((one.ends - one.start) * 1000),
            spoken(one.importance),
            one.bulletin,
            one.slot,
        )
        for one in coming
    ]
    if rows:
        output.results().print(output.table((_("next"), _("length"), _("class"), _("bulletin"), _("slot")), rows))


def _coming(station: Station, body: dict[str, Any]) -> list[Occurrence]:
    """What the plan plays next in any of the station's hamlets."""
    now = int(time.time())
    payload = {"aud": station.area, "iat": now, "exp": now + _AHEAD_S, **body}
    hamlets = {node.area for node in station.site.nodes_of(station.area).values()}
    found = {one for hamlet in hamlets for one in occurrences(payload, hamlet, now, now + _AHEAD_S)}
    return sorted(found)[:_SHOWN]
