"""The nodes of a station at one glance: who is there, what is on the air, who lags, what happened last."""

from dataclasses import dataclass

from loa.station.nodes import NodeStatus
from loa.station.record import Event
from loa.station.refusals import Refusal, refusals
from loa.station.station import Station


@dataclass(frozen=True)
class View:
    """One node. `heard`: Unix seconds, 0 for never; `lags`: documents of which it does not hold the newest revision, as `plan:<area>`;
    `refused`: what it said of those that it does not want.

    What it said of itself is None as long as it never said anything: `on_air` (a key; also None for silence), `clock`, `volume` in per cent.
    """

    node: str
    area: str
    online: bool
    heard: int
    on_air: str | None
    clock: str | None
    volume: int | None
    lags: tuple[str, ...]
    refused: tuple[Refusal, ...]
    last: Event | None


def overview(station: Station) -> list[View]:
    """All nodes of the station, in the site's order."""
    return [_view(station, status) for status in station.status()]


def _view(station: Station, status: NodeStatus) -> View:
    lags = station.lags_of(status.id, status.state)
    return View(
        status.id,
        status.area,
        status.online,
        status.heard,
        status.state.get("playing") if status.online else None,
        status.state.get("clock"),
        status.state.get("volume"),
        tuple(f"{lag.document.kind}:{lag.document.audience}" for lag in lags),
        tuple(refusals(station, lags)),
        station.record.newest(status.id),
    )
