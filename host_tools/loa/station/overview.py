"""The nodes of a station at one glance: who is there, what is on the air, who lags, what happened last."""

from dataclasses import dataclass

from loa.station.record import Event
from loa.station.station import Station


@dataclass(frozen=True)
class View:
    """One node. `heard`: Unix seconds, 0 for never; `lags`: documents of which it does not hold the newest revision, as `plan:<area>`.

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
    last: Event | None


def overview(station: Station) -> list[View]:
    """All nodes of the station, in the site's order."""
    return [
        View(
            status.id,
            status.area,
            status.online,
            status.heard,
            status.state.get("playing") if status.online else None,
            status.state.get("clock"),
            status.state.get("volume"),
            tuple(f"{lag.document.kind}:{lag.document.audience}" for lag in station.lags_of(status.id, status.state)),
            station.record.newest(status.id),
        )
        for status in station.status()
    ]
