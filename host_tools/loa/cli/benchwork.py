"""What the commands of the bench work with: the bench of a site, ports, runtime images, and the nodes that are meant."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

from platformdirs import user_cache_path

from loa.bench.inventory import Inventory
from loa.bench.making import Bench
from loa.bench.newcomers import Newcomers
from loa.bench.stored import stored_ahead
from loa.boards import Board, load_board
from loa.broker import local_broker
from loa.cli.place import Place
from loa.errors import EXIT_INVALID, LoaError, suggestion
from loa.flash.cache import fetch
from loa.flash.errors import BoardError
from loa.flash.ports import Port, PortSource, usb_ports
from loa.flash.runtime import RuntimeImage, read_image
from loa.language import _
from loa.progress import Progress, Silent
from loa.provision.contents import Services
from loa.provision.disk import Files
from loa.sim.boards import plugged as virtual
from loa.sim.boards import protocol_board
from loa.station.station import Station


@contextmanager
def bench_of(
    place: Place,
    image: Path | None,
    *,
    baud: int | None = None,
    wait: bool = True,
    again: bool = False,
    wipe: bool = False,
    store: Sequence[str] = (),
    sound: bool = False,
) -> Iterator[Bench]:
    """The bench of a site, for as long as the block lasts."""
    protocol_board.register()
    with closing(Inventory(place.places.folder)) as kept, _newcomers(place) if wait else nullcontext() as newcomers:
        described = Bench(
            place.site,
            place.keyring,
            kept,
            image_source(place, image, Silent()),
            lambda node_id: _services_of(place, node_id),
            newcomers,
            baud,
            wipe,
            again,
            stored=lambda node_id: _stored(place, node_id, store) if store else {},
        )
        yield replace(described, chirp=_chirp(place, newcomers)) if sound and newcomers is not None else described


def _chirp(place: Place, newcomers: Newcomers) -> Callable[[str, int], None]:
    """Lets a node tell a number in beeps."""

    def chirp(node_id: str, number: int) -> None:
        name = place.site.station_of(node_id)
        with closing(Station(place.site, name, place.keyring, place.places.station(name))) as station:
            command = station.command(node_id, "identify", number=number)
        newcomers.tell(node_id, command.raw)

    return chirp


def _stored(place: Place, node_id: str, names: Sequence[str]) -> Files:
    node = place.site.nodes[node_id]
    board = load_board(node.board)
    name = place.site.station_of(node_id)
    with closing(Station(place.site, name, place.keyring, place.places.station(name))) as station:
        return stored_ahead(station.audio, names, node.language, board.audio.plays, board.cache_bytes(place.site.audio.rate))


def _newcomers(place: Place) -> Newcomers:
    name = place.named_station or next(iter(place.site.stations))
    return Newcomers(_broker_url(place), name, place.keyring)


def _broker_url(place: Place) -> str:
    return place.site.broker.url or local_broker(place.site, place.keyring, place.places.broker).url


def _services_of(place: Place, node_id: str) -> Services:
    """Where a node finds broker, station and time."""
    name = place.site.station_of(node_id)
    station = Station(place.site, name, place.keyring, place.places.station(name))
    with closing(station):
        port = 0 if place.site.broker.url else place.site.broker.port or local_broker(place.site, place.keyring, place.places.broker).port
        times = ((station.settings.host, station.time_port),) if station.time_port else ()
        return Services(port, station.http_url, times)


def image_source(place: Place, given: Path | None, progress: Progress) -> Callable[[str], RuntimeImage]:
    """Where runtime images come from: a file, the simulated commune, or the cache, each read once."""
    known: dict[str, RuntimeImage] = {}

    def image(name: str) -> RuntimeImage:
        if name not in known:
            known[name] = _image(place, given, load_board(name), progress)
        return known[name]

    return image


def _image(place: Place, given: Path | None, board: Board, progress: Progress) -> RuntimeImage:
    if given is not None:
        return read_image(given, board)
    if place.sim:
        from loa.sim.boards.stand_in import stored
        from loa.sim.runtime import find_runtime

        return read_image(stored(board.chip, place.places.boards), board, march=find_runtime().march)
    runtime = board.runtime
    folder = user_cache_path("loa", appauthor=False) / "runtimes"
    progress.stage(_("fetching {file}", file=runtime.image))
    return read_image(fetch(runtime.url, runtime.image, runtime.sha256, folder, progress), board, sha256=runtime.sha256)


def port_source(place: Place) -> PortSource:
    if place.sim:
        return lambda: virtual.plugged(place.places.boards)
    return usb_ports


def only(device: str | None, ports: PortSource) -> Port:
    """The port that was named, or the only one that there is."""
    found = ports()
    if device is not None:
        return next((port for port in found if port.device == device), Port(device, device, ""))
    if len(found) == 1:
        return found[0]
    if not found:
        raise BoardError(_("no board is plugged in"), _("plug one in, or name its port with --port; `loa doctor` looks for the driver"))
    raise BoardError(
        _("{count} boards are plugged in", count=len(found)),
        _("name one with --port, or take them all with --watch: {ports}", ports=", ".join(port.device for port in found)),
    )


def nodes_meant(place: Place, node: str | None) -> list[str]:
    """The node named, or all of them, those of the station named."""
    known = list(place.site.nodes_served_by(place.named_station) if place.named_station else place.site.nodes)
    if node is None:
        return known
    if node not in known:
        raise LoaError(
            _("there is no node {node}", node=node),
            suggestion(node, known) or _("the nodes are: {names}", names=", ".join(known)),
            EXIT_INVALID,
        )
    return [node]
