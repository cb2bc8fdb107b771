"""Turns a site into one that lives on this machine alone, so that it can be tried without touching the real one."""

from loa.site.model import Broker, Site


def local(site: Site) -> Site:
    """The same areas, nodes and policy, with an embedded broker and stations at localhost on ports found free, which also tell the time."""
    here = {"host": "localhost", "http_port": 0, "https_port": 0, "time_port": 0}
    stations = {name: station.model_copy(update=here) for name, station in site.stations.items()}
    return site.model_copy(update={"stations": stations, "broker": Broker(), "time_servers": []})
