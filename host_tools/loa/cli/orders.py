"""Commands that make something happen now, and show who answered."""

import time
from pathlib import Path
from typing import Annotated, Literal

import typer

from loa.cli.asking import WAIT_S, WaitOption, ask
from loa.cli.place import JsonOption, Place, at_station
from loa.firmware import topics
from loa.station.answers import of_command, of_order
from loa.station.station import Station

Importance = Annotated[Literal["normal", "priority", "urgent"], typer.Option("--class", help="How important it is.")]
AreaArgument = Annotated[str, typer.Argument(metavar="AREA", help="An area of the site, or node/ID for one node.")]
NodeArgument = Annotated[str, typer.Argument(metavar="NODE", help="A node of the site.")]
RepeatOption = Annotated[int, typer.Option(min=1, max=20, help="Times to play it in a row.")]
MinutesOption = Annotated[float, typer.Option(min=0.1, max=1440, help="Minutes for which it holds.")]
_SOUNDS = ("siren", "chime")


@at_station
def urgent(
    place: Place,
    area: AreaArgument,
    audio: Annotated[
        str, typer.Argument(metavar="AUDIO", help="A bulletin taken in with `loa add`, a recording to take in now, or: siren, chime.")
    ],
    importance: Importance = "urgent",
    repeat: RepeatOption = 1,
    minutes: MinutesOption = 60,
    wait: WaitOption = WAIT_S,
    json: JsonOption = False,
) -> None:
    """Play a bulletin now, over everything of a lower class."""
    with place.served_station() as station:
        order = _urgent(station, area, audio, importance, repeat, round(minutes * 60))
        ask(of_order(station, area), {"id": order}, wait, json)


@at_station
def live(
    place: Place,
    area: AreaArgument,
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="A file or URL that FFmpeg reads.")],
    importance: Importance = "priority",
    minutes: MinutesOption = 240,
    wait: WaitOption = WAIT_S,
    json: JsonOption = False,
) -> None:
    """Put a live source on the air now; `loa stop AREA` or the end of the source takes it off."""
    with place.served_station() as station:
        order = station.live_start(area, source, importance, round(minutes * 60))
        ask(of_order(station, area), {"id": order}, wait, json)


@at_station
def stop(
    place: Place,
    area: AreaArgument,
    of: Annotated[list[str] | None, typer.Option("--of", help="Only this slot or order; may be given several times.")] = None,
    wait: WaitOption = WAIT_S,
    json: JsonOption = False,
) -> None:
    """Silence what is on the air in an area, and take live sources off that were put on there."""
    with place.served_station() as station:
        order = station.stop(area, of)
        for name in _lives(station, area, of):
            station.live_stop(name)
        ask(of_order(station, area), {"id": order}, wait, json)


@at_station
def volume(
    place: Place,
    area: AreaArgument,
    percent: Annotated[int, typer.Argument(metavar="PERCENT", min=0, max=100, help="Per cent of each node's ceiling.")],
    wait: WaitOption = WAIT_S,
    json: JsonOption = False,
) -> None:
    """Set the volume of an area's nodes."""
    with place.served_station() as station:
        order = station.volume(area, percent)
        ask(of_order(station, area), {"id": order}, wait, json)


@at_station
def ping(place: Place, node: NodeArgument, wait: WaitOption = WAIT_S, json: JsonOption = False) -> None:
    """Ask a node whether it hears the station."""
    _command(place, node, "ping", wait, json)


@at_station
def identify(
    place: Place,
    node: NodeArgument,
    number: Annotated[int | None, typer.Option(min=0, max=999, show_default="the chime", help="A number to tell in beeps.")] = None,
    wait: WaitOption = WAIT_S,
    json: JsonOption = False,
) -> None:
    """Let a node sound its chime, to find out which pole it hangs on, or tell a number in beeps."""
    _command(place, node, "identify", wait, json, number)


@at_station
def reboot(place: Place, node: NodeArgument, wait: WaitOption = WAIT_S, json: JsonOption = False) -> None:
    """Start a node anew; what it was playing resumes."""
    _command(place, node, "reboot", wait, json)


def _command(place: Place, node: str, do: str, wait: float, json: bool, number: int | None = None) -> None:
    with place.served_station() as station:
        command = station.command(node, do, number=number)
        ask(of_command(station, command), {"id": command.id, "node": node, "do": do}, wait, json)


def _urgent(station: Station, area: str, audio: str, importance: str, repeat: int, valid_s: int) -> str:
    """Id of the order for a bulletin, a built-in sound or a recording, whichever `audio` names."""
    if audio in _SOUNDS and audio not in station.audio.names():
        return station.sound(area, audio, importance, repeat, valid_s)
    name = station.add_audio(Path(audio)).name if Path(audio).is_file() else audio
    return station.urgent(area, name, importance, repeat, valid_s)


def _lives(station: Station, area: str, of: list[str] | None) -> list[str]:
    """Orders of the live sources that a stop means: those named, or all that were put on for the area or below it."""
    now = int(time.time())
    on_air = {live.name for live in station.orders.lives()}
    given = [(audience, record["id"]) for audience, record in station.orders.given(now, now) if record["id"] in on_air]
    return [name for audience, name in given if (name in of if of else topics.covers(area, audience))]
