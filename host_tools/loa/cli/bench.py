"""Commands of the technician's bench: make nodes, their halves, the list of boards, and what is wrong with one."""

import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from loa.bench.inventory import Inventory
from loa.bench.making import Made
from loa.bench.making import make_node as make
from loa.bench.provisioning import provision as provision_board
from loa.bench.watch import Row, Watch
from loa.boards import load_board
from loa.cli import output
from loa.cli.benchwork import bench_of, image_source, nodes_meant, only, port_source
from loa.cli.boards_shown import many_boards, one_board
from loa.cli.labels import label_file
from loa.cli.place import JsonOption, Place, at_station
from loa.cli.signals import until_ended
from loa.cli.words import spoken
from loa.errors import EXIT_FAILED
from loa.flash.ports import Port, PortSource
from loa.language import _
from loa.progress import Progress
from loa.sim.boards import protocol_board

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
    candidates = nodes_meant(place, node)
    with bench_of(place, image, baud=baud, wait=wait, again=again, wipe=wipe, store=store or (), sound=sound) as bench:

        def work(where: Port, progress: Progress) -> Made:
            made = make(bench, where, candidates, progress, progress.number if isinstance(progress, Row) else 1)
            if labels is not None:
                label_file(place, made.node, labels)
            return made

        if watch:
            _watch(port_source(place), work, seconds, json)
            return
        where = only(port, port_source(place))
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
    nodes_meant(place, node)
    with bench_of(place, None, wait=wait, again=again) as bench, one_board() as progress:
        done = provision_board(bench, only(port, port_source(place)), node, progress)
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
    where = only(port, port_source(place))
    with one_board() as progress:
        written = flash_board(where.device, described, image_source(place, image, progress)(board), baud, progress)
    if json:
        output.as_json(written)
    else:
        output.results().print(_("written: {what}", what=", ".join(written.stretches)) if written.stretches else _("nothing had to change"))


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
    ports = port_source(place)
    where = None if port is None and not ports() else only(port, ports)
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
