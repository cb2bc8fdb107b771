"""Turns a site into one that lives on this machine alone, so that it can be tried without touching the real one."""

from collections.abc import Callable
from typing import Literal

from loa.site.model import Broker, Site


def any_port() -> int:
    """Leaves the choice to whoever opens the port."""
    return 0


def local(site: Site, broker_url: str | None = None, port: Callable[[], int] = any_port) -> Site:
    """The same areas, nodes and policy, with stations at localhost which also tell the time, and an embedded broker unless one is named.

    `port` is asked for each port; 0 is one found free and kept.
    """
    stations = {
        name: station.model_copy(update={"host": "localhost", "http_port": port(), "https_port": port(), "time_port": port()})
        for name, station in site.stations.items()
    }
    engine: Literal["nats", "mosquitto"] = "mosquitto" if site.broker.kind == "mosquitto" else "nats"
    broker = Broker(kind="external", url=broker_url) if broker_url else Broker(kind=engine, port=port())
    return site.model_copy(update={"stations": stations, "broker": broker, "time_servers": []})
