"""A whole commune on this machine: broker, station service and simulated nodes, each of which can be stopped, killed and started by itself.

It has keys of its own, so nothing that it signs counts at the real site. Every run begins with an empty broker and nodes fresh from the bench;
what the station keeps (audio, plan, orders, record) stays in the folder. What is to happen is said by `desk`, as an officer would.
"""

import shutil
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path

from loa.boards import load_board
from loa.broker import NatsBroker
from loa.errors import EXIT_INVALID, LoaError, suggestion
from loa.keys import Keyring
from loa.provision.contents import Services, node_files
from loa.provision.image import build_image
from loa.sim.local import local
from loa.sim.node import SimulatedNode
from loa.sim.runtime import Runtime, find_runtime
from loa.site.model import Site
from loa.station.places import Places, only_station
from loa.station.process import Post, StationProcess
from loa.station.station import Station

_POLL_S = 0.05


class Commune:
    """One station of a site with its nodes. `with Commune(site, folder) as commune:` runs everything for as long as the block lasts.

    `nodes`: only these of the station's; `station`: its name, not needed where the site has one. Whatever ends the block ends all parts.

    site      the site as it is here, see `local`
    keyring   its keys
    broker    `NatsBroker`: start, stop, kill, wipe
    station   `StationProcess`: start, stop, kill
    desk      `Station` on the same folder, in this process: what officers do and see
    nodes     `SimulatedNode` by id: power_off, power_cycle, reset, link
    """

    def __init__(
        self, site: Site, folder: Path, runtime: Runtime | None = None, nodes: Iterable[str] | None = None, station: str | None = None
    ) -> None:
        self.site = local(site)
        self.places = Places(folder.resolve())
        self.runtime = runtime or find_runtime()
        self.station_name = station or only_station(site)
        self.keyring = Keyring(self.places.keys)
        self.broker = NatsBroker(self.site, self.keyring, self.places.broker)
        self.nodes = {name: SimulatedNode(self.places.node(name), name, self.runtime) for name in self._chosen(nodes)}
        self._running = ExitStack()

    def __enter__(self) -> "Commune":
        with self._running as stack:
            self.keyring.ensure(self.site)
            self.broker.wipe()
            stack.callback(self.broker.stop)
            self.broker.start()
            folder = self.places.station(self.station_name)
            self.desk = Station(self.site, self.station_name, self.keyring, folder)
            stack.callback(self.desk.close)
            for status in self.desk.status():
                self.desk.nodes.gone(status.id)  # whoever was online when the last run ended has no power now
            self.station = StationProcess(Post(self.site, self.station_name, self.keyring.folder, folder, self.broker.url))
            stack.callback(self.station.stop)
            self.station.start()
            for node in self.nodes.values():
                stack.callback(node.power_off)
                self._install(node)
                node.start()
            self._running = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()

    def wait_until(self, condition: Callable[[], object], timeout_s: float, what: str) -> None:
        """Wait until something is true; `what` names it in the `LoaError` that is raised if it is not in time."""
        deadline = time.monotonic() + timeout_s
        while not condition():
            if time.monotonic() > deadline:
                raise LoaError(f"not within {timeout_s:g} s: {what}", f"the logs are below {self.places.folder}")
            time.sleep(_POLL_S)

    def wait_online(self, timeout_s: float = 30.0) -> None:
        """Wait until the station has heard every node that has power and holds it for online. Raises `LoaError` if it does not in time."""
        self.wait_until(lambda: not self._unheard(), timeout_s, "every node online")

    def _unheard(self) -> list[str]:
        return [
            status.id for status in self.desk.status() if status.id in self.nodes and self.nodes[status.id].running and not status.online
        ]

    def _install(self, node: SimulatedNode) -> None:
        shutil.rmtree(node.folder)
        node.folder.mkdir()
        files = node_files(self.site, self.keyring, node.node_id, self._services(), self.runtime.march)
        node.install(build_image(load_board(self.site.nodes[node.node_id].board), files))

    def _services(self) -> Services:
        time_port = self.desk.time_port
        return Services(self.broker.port, self.desk.http_url, ((self.desk.settings.host, time_port),) if time_port else ())

    def _chosen(self, nodes: Iterable[str] | None) -> list[str]:
        own = list(self.site.nodes_served_by(self.station_name))
        for name in nodes or ():
            if name not in own:
                hint = suggestion(name, own) or "its nodes are: " + ", ".join(own)
                raise LoaError(f'station {self.station_name} has no node "{name}"', hint, EXIT_INVALID)
        return own if nodes is None else list(nodes)
