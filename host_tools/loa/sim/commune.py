"""A whole commune on this machine: broker, station service and simulated nodes, each of which can be stopped, killed and started by itself.

It has keys of its own, so nothing that it signs counts at the real site. Every run begins with an empty broker and nodes fresh from the bench;
what the station keeps (audio, plan, orders, record) stays in the folder. What is to happen is said by `desk`, as an officer would.
"""

import json
import shutil
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from loa.boards import load_board
from loa.broker import Broker, ExternalBroker, local_broker
from loa.errors import EXIT_INVALID, LoaError, suggestion
from loa.keys import Keyring
from loa.language import _
from loa.provision.contents import Services, node_files
from loa.provision.image import build_image
from loa.provision.slots import cached_application
from loa.sim.local import any_port, local
from loa.sim.node import LOG_FILE, OFF, SimulatedNode
from loa.sim.runtime import Runtime, find_runtime
from loa.sim.soldered import soldered
from loa.site.model import Site
from loa.station.places import Places, only_station
from loa.station.process import Post, StationProcess
from loa.station.station import Station

_POLL_S = 0.05


class Commune:
    """One station of a site with its nodes. `with Commune(site, folder) as commune:` runs everything for as long as the block lasts.

    Whatever ends the block ends all parts. The parts may also be started one by one, `start_broker`, `start_station`, `start_node`, each with what
    it needs, and `close` ends them.

    site      the site as it is here, see `local`
    keyring   its keys
    broker    start, stop, kill, wipe
    station   `StationProcess`: start, stop, kill
    desk      `Station` on the same folder, in this process: what officers do and see
    nodes     `SimulatedNode` by id: power_off, power_cycle, reset, link
    """

    nodes: Mapping[str, SimulatedNode]
    broker: Broker
    station: StationProcess
    desk: Station

    def __init__(
        self,
        site: Site,
        folder: Path,
        runtime: Runtime | None = None,
        nodes: Iterable[str] | None = None,
        station: str | None = None,
        *,
        keys: Path | None = None,
        broker_url: str | None = None,
        port: Callable[[], int] = any_port,
        node_type: Callable[[Path, str, Runtime], SimulatedNode] = SimulatedNode,
    ) -> None:
        """`nodes`: only these of the station's; `station`: its name, not needed where the site has one; `keys`: their folder, if not its own.

        `broker_url` names a broker that somebody else runs, `port` gives the ports of all others. Raises `LoaError` for names that the site lacks.
        """
        self.site = local(site, broker_url, port)
        self.places = Places(folder.resolve())
        self.runtime = runtime or find_runtime()
        self.station_name = station or only_station(site)
        self.keyring = Keyring(keys or self.places.keys)
        self.broker = (
            ExternalBroker(self.site, self.keyring, broker_url) if broker_url else local_broker(self.site, self.keyring, self.places.broker)
        )
        self.nodes = {name: node_type(self.places.node(name), name, self.runtime) for name in self._chosen(nodes)}
        self._running = ExitStack()
        self._begun: set[str] = set()

    def __enter__(self) -> Self:
        try:
            self.start_station()
            for name in self.nodes:
                self.start_node(name)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start_broker(self) -> None:
        """The broker, empty; does nothing the second time."""
        if "broker" not in self._begun:
            self.keyring.ensure(self.site, [self.broker.host])
            self.broker.wipe()
            self._running.callback(self.broker.stop)
            self.broker.start()
            self._begun.add("broker")

    def start_station(self) -> None:
        """The station with its broker; does nothing the second time."""
        self.start_broker()
        if "station" not in self._begun:
            folder = self.places.station(self.station_name)
            self.desk = Station(self.site, self.station_name, self.keyring, folder)
            self._running.callback(self.desk.close)
            for status in self.desk.status():
                self.desk.nodes.gone(status.id)  # whoever was online when the last run ended has no power now
            self.station = self._process(Post(self.site, self.station_name, self.keyring.folder, folder, self.broker.url))
            self._running.callback(self.station.stop)
            self.station.start()
            self._begun.add("station")

    def start_node(self, name: str) -> None:
        """One node, fresh from the bench, with the station that it needs; does nothing the second time."""
        self.start_station()
        if f"node {name}" not in self._begun:
            node = self.nodes[name]
            self._running.callback(node.power_off)
            self._install(node)
            node.start()
            self._begun.add(f"node {name}")

    def close(self) -> None:
        """End everything that was started."""
        self._running.close()

    def wait_until(self, condition: Callable[[], object], timeout_s: float, what: str) -> None:
        """Wait until something is true; `what` names it in the `LoaError` that is raised if it is not in time."""
        deadline = time.monotonic() + timeout_s
        while not condition():
            if time.monotonic() > deadline:
                raise LoaError(
                    _("not within {timeout_s:g} s: {what}", timeout_s=timeout_s, what=what),
                    _("the logs are below {folder}", folder=self.places.folder),
                )
            time.sleep(_POLL_S)

    def wait_online(self, timeout_s: float = 30.0) -> None:
        """Wait until the station has heard every node that has power and holds it for online.

        Raises `LoaError` if it does not in time, which says what is known of each node that is missing.
        """
        deadline = time.monotonic() + timeout_s
        while missing := self._unheard():
            if time.monotonic() > deadline:
                lines = [
                    _(
                        "node {name} is not online within {timeout_s:g} s: {trouble}",
                        name=name,
                        timeout_s=timeout_s,
                        trouble=self.nodes[name].trouble(),
                    )
                    for name in missing
                ]
                logs = ", ".join(str(self.nodes[name].folder / LOG_FILE) for name in missing)
                raise LoaError("\n".join(lines), _("what it printed is in {logs}", logs=logs))
            time.sleep(_POLL_S)

    def _unheard(self) -> list[str]:
        online = {status.id for status in self.desk.status() if status.online}
        return [name for name, node in self.nodes.items() if node.boots and node.boots[-1].why != OFF and name not in online]

    def _process(self, post: Post) -> StationProcess:
        return StationProcess(post)

    def _install(self, node: SimulatedNode) -> None:
        shutil.rmtree(node.folder)
        node.folder.mkdir()
        board = load_board(self.site.nodes[node.node_id].board)
        slot = cached_application(self.runtime.march, board.lean)
        files = node_files(self.site, self.keyring, node.node_id, self.services(), slot, interpreted=self.runtime.march is None)
        node.install(build_image(board, files), soldered(board, json.loads(files["vfs"]["board.json"])["rate"]))

    def services(self) -> Services:
        """Where nodes of this commune find what they need."""
        time_port = self.desk.time_port
        return Services(self.broker.port, self.desk.http_url, ((self.desk.settings.host, time_port),) if time_port else ())

    def _chosen(self, nodes: Iterable[str] | None) -> list[str]:
        own = list(self.site.nodes_served_by(self.station_name))
        for name in nodes or ():
            if name not in own:
                hint = suggestion(name, own) or "its nodes are: " + ", ".join(own)
                raise LoaError(
                    _('station {station_name} has no node "{name}"', station_name=self.station_name, name=name), hint, EXIT_INVALID
                )
        return own if nodes is None else list(nodes)
