"""Commands of the technician's bench: make nodes, their halves, labels, the list of boards, and what is wrong with one."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from platformdirs import user_cache_path
from rich.text import Text

from loa.bench.inventory import MADE, Inventory
from loa.bench.making import Bench, Made
from loa.bench.making import make_node as make
from loa.bench.newcomers import Newcomers
from loa.bench.provisioning import provision as provision_board
from loa.bench.stored import stored_ahead
from loa.bench.watch import Row, Watch
from loa.boards import Board, load_board
from loa.broker import local_broker
from loa.cli import output
from loa.cli.boards_shown import many_boards, one_board
from loa.cli.place import JsonOption, Place, at_station
from loa.cli.signals import until_ended
from loa.cli.words import spoken
from loa.errors import EXIT_FAILED, EXIT_INVALID, EXIT_USAGE, LoaError, suggestion
from loa.firmware import topics
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

_REFRESH_S = 0.25
PortOption = Annotated[
    str | None, typer.Option("--port", show_default="the only one", help="Serial port of the board, or socket://HOST:PORT.")
]
BaudOption = Annotated[
    int | None, typer.Option(min=9600, max=3_000_000, show_default="460800; over a socket 115200", help="Rate while flashing.")
]
ImageOption = Annotated[
    Path | None, typer.Option("--image", show_default="fetched", help="File of the runtime image, instead of the board's own.")
]
WaitOption = Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until the node has spoken at the broker.")]
AgainOption = Annotated[bool, typer.Option("--again", help="Give the node another board than the one it has.")]
NodeArgument = Annotated[str | None, typer.Argument(metavar="NODE", show_default="the first that has no board", help="Which node.")]


@at_station
def make_node(
    place: Place,
    node: NodeArgument = None,
    watch: Annotated[bool, typer.Option("--watch", help="Every board that is plugged in, one after the other or many at once.")] = False,
    port: PortOption = None,
    image: ImageOption = None,
    baud: BaudOption = None,
    wait: WaitOption = True,
    again: AgainOption = False,
    wipe: Annotated[bool, typer.Option("--wipe", help="Also erase what the node has stored.")] = False,
    labels: Annotated[
        Path | None, typer.Option("--labels", metavar="DIR", show_default="none", help="Put a label as PNG there for each node.")
    ] = None,
    store: Annotated[
        list[str] | None, typer.Option("--store", metavar="NAME", show_default="none", help="A recording of the station to store ahead.")
    ] = None,
    sound: Annotated[bool, typer.Option("--sound/--silent", help="Let each node tell the number of its row in beeps.")] = True,
    seconds: Annotated[float | None, typer.Option(min=0, show_default="until Ctrl-C", help="How long to watch.")] = None,
    json: JsonOption = False,
) -> None:
    """Make boards into nodes: runtime, application, identity, in one pass; then wait for the node's first word. Again changes only what differs."""
    candidates = _nodes(place, node)
    with _bench(place, image, baud=baud, wait=wait, again=again, wipe=wipe, store=store or (), sound=sound) as bench:

        def work(where: Port, progress: Progress) -> Made:
            made = make(bench, where, candidates, progress, progress.number if isinstance(progress, Row) else 1)
            if labels is not None:
                _label_file(place, made.node, labels)
            return made

        if watch:
            _watch(_port_source(place), work, seconds, json)
            return
        where = _only(port, _port_source(place))
        with one_board() as progress:
            made = work(where, progress)
    _show_made(made, json)


@at_station
def provision(
    place: Place,
    node: Annotated[str, typer.Argument(metavar="NODE", help="Which node the board is to be.")],
    port: PortOption = None,
    wait: WaitOption = True,
    again: AgainOption = False,
    json: JsonOption = False,
) -> None:
    """Give a board that runs MicroPython on our partitions a node's identity and application; sends only what it does not have."""
    _nodes(place, node)
    with _bench(place, None, wait=wait, again=again) as bench, one_board() as progress:
        done = provision_board(bench, _only(port, _port_source(place)), node, progress)
    if json:
        output.as_json(done)
        return
    output.results().print("\n".join(_("sent {file}", file=one) for one in done.sent) or _("nothing was missing"))
    if done.state is not None:
        output.results().print(_("node {node} is at the broker, version {version}", node=node, version=done.state["version"]))


@at_station
def flash(
    place: Place,
    board: Annotated[str, typer.Argument(metavar="BOARD", help="Which kind of board, a folder of boards/.")],
    port: PortOption = None,
    image: ImageOption = None,
    baud: BaudOption = None,
    json: JsonOption = False,
) -> None:
    """Write runtime image and partition table; what the partitions hold stays."""
    from loa.bench.making import flash as flash_board

    described = load_board(board)
    where = _only(port, _port_source(place))
    with one_board() as progress:
        written = flash_board(where.device, described, _image_source(place, image, progress)(board), baud, progress)
    if json:
        output.as_json(written)
    else:
        output.results().print(_("written: {what}", what=", ".join(written.stretches)) if written.stretches else _("nothing had to change"))


@at_station
def labels(
    place: Place,
    nodes: Annotated[list[str] | None, typer.Argument(metavar="NODE...", show_default="all", help="Which nodes.")] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="File to write: .pdf for all, .png for one.")] = Path("labels.pdf"),
    sheet: Annotated[str, typer.Option(help="Sheet or roll of labels.")] = "a4-24",
    skip: Annotated[int, typer.Option(min=0, help="So many labels of the sheet are used already.")] = 0,
    made: Annotated[bool, typer.Option("--made", help="Only nodes that have a board.")] = False,
) -> None:
    """Print labels with QR code, id and set-up code."""
    from loa.bench.labels import SHEETS, pdf, png  # brings fonts and pictures, for which no other command waits

    if sheet not in SHEETS:
        raise LoaError(
            _("there is no sheet {sheet}", sheet=sheet),
            suggestion(sheet, SHEETS) or _("there are: {names}", names=", ".join(SHEETS)),
            EXIT_USAGE,
        )
    chosen = [name for one in nodes for name in _nodes(place, one)] if nodes else _nodes(place, None)
    if made:
        with closing(Inventory(place.places.folder)) as inventory:
            has = {entry.node for entry in inventory.boards() if entry.result == MADE}
        chosen = [name for name in chosen if name in has]
    if not chosen:
        raise LoaError(_("there is no label to print"), _("make a node first, or leave --made out"), EXIT_INVALID)
    one_label = out.suffix.lower() == ".png"
    if one_label and len(chosen) > 1:
        raise LoaError(_("a picture has room for one label"), _("name one node, or write a .pdf"), EXIT_USAGE)
    content = (
        png(_label(place, chosen[0]), SHEETS[sheet]) if one_label else pdf([_label(place, name) for name in chosen], SHEETS[sheet], skip)
    )
    _write(out, content)
    output.results().print(_("{count} labels in {file}", count=len(chosen), file=out))


@at_station
def inventory(place: Place, json: JsonOption = False) -> None:
    """Show which board became which node, when, by whom, and how that ended."""
    with closing(Inventory(place.places.folder)) as kept:
        entries = kept.boards()
    if json:
        output.as_json({"boards": entries})
        return
    rows = [
        (
            entry.node,
            entry.mac,
            entry.kind,
            spoken(entry.result),
            output.clock(entry.at, place.site.time_zone),
            entry.who,
            ", ".join(str(version) for version in entry.versions.values() if version),
            entry.reason,
        )
        for entry in entries
    ]
    titles = (_("node"), "MAC", _("board"), _("result"), _("when"), _("who"), _("versions"), "")
    output.results().print(output.table(titles, rows) if rows else _("no board yet"))


def _watch(ports: PortSource, work: Callable[[Port, Progress], Made], seconds: float | None, json: bool) -> None:
    output.notes().print(_("plug boards in; Ctrl-C ends it when the last one is done"))
    with many_boards(json) as table:
        with Watch(ports, work) as watching:

            def step() -> None:
                watching.look()
                table.show(watching.rows)

            until_ended(seconds, step)
            while watching.busy:
                table.show(watching.rows)
                time.sleep(_REFRESH_S)
        table.show(watching.rows)


def _show_made(made: Made, json: bool) -> None:
    if json:
        output.as_json(made)
        return
    changed = ", ".join(made.written.stretches) or _("nothing had to change")
    output.results().print(_("{node} is board {mac} ({kind})", node=made.node, mac=made.mac, kind=made.kind))
    output.results().print(_("written: {what}", what=changed))
    if made.state is not None:
        output.results().print(_("node {node} is at the broker, version {version}", node=made.node, version=made.state["version"]))
    output.results().print(_("{seconds} s", seconds=f"{made.seconds:.1f}"))


@contextmanager
def _bench(
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
            _image_source(place, image, Silent()),
            lambda node_id: services_of(place, node_id),
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


def services_of(place: Place, node_id: str) -> Services:
    """Where a node finds broker, station and time."""
    name = place.site.station_of(node_id)
    station = Station(place.site, name, place.keyring, place.places.station(name))
    with closing(station):
        port = 0 if place.site.broker.url else place.site.broker.port or local_broker(place.site, place.keyring, place.places.broker).port
        times = ((station.settings.host, station.time_port),) if station.time_port else ()
        return Services(port, station.http_url, times)


def _image_source(place: Place, given: Path | None, progress: Progress) -> Callable[[str], RuntimeImage]:
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


def _port_source(place: Place) -> PortSource:
    if place.sim:
        return lambda: virtual.plugged(place.places.boards)
    return usb_ports


def _only(device: str | None, ports: PortSource) -> Port:
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


def _nodes(place: Place, node: str | None) -> list[str]:
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


def _label(place: Place, node_id: str) -> Any:
    from loa.bench.labels import Label

    area = place.site.nodes[node_id].area
    names = [place.site.areas[one].name for one in sorted(topics.chain(area), key=len)]
    return Label(node_id, place.keyring.node(node_id).setup_code, names[-1], ", ".join(reversed(names[:-1])))


def _label_file(place: Place, node_id: str, folder: Path) -> None:
    from loa.bench.labels import SHEETS, png

    _write(folder / f"{node_id}.png", png(_label(place, node_id), SHEETS["roll-62"]))


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise LoaError(
            _("{path}: cannot be written: {reason}", path=path, reason=error.strerror), _("make room, or write elsewhere")
        ) from error


@at_station
def doctor(
    place: Place,
    port: Annotated[
        str | None, typer.Argument(metavar="PORT", show_default="the only one", help="Serial port of the board, or socket://HOST:PORT.")
    ] = None,
    sound: Annotated[bool, typer.Option("--sound/--silent", help="Play a test tone.")] = True,
    json: JsonOption = False,
) -> None:
    """Find out what is wrong with a board: port, chip, image, partitions, memory, codec, network, broker, tone. Each line says OK or what to do."""
    from loa.bench.doctor import examine

    protocol_board.register()
    ports = _port_source(place)
    where = None if port is None and not ports() else _only(port, ports)
    failed = False
    with closing(Inventory(place.places.folder)) as kept, one_board() as progress:
        for finding in examine(where, place.site, kept, progress, sound=sound):
            failed = failed or finding.ok is False
            _show_finding(finding, json)
    raise typer.Exit(EXIT_FAILED if failed else 0)


def _show_finding(finding: Any, json: bool) -> None:
    if json:
        output.as_json(finding)
        return
    mark = {True: Text(_("OK"), "green"), False: Text("!!", "red"), None: Text("--", "yellow")}[finding.ok]
    output.results().print(Text.assemble(mark, f"  {finding.what:<12} {finding.words}"))
    if finding.hint:
        output.results().print(f"    {'':<12} {finding.hint}")
