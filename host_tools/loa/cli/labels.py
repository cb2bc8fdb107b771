"""Labels for nodes, printed together or put in a folder as each is made."""

from contextlib import closing
from pathlib import Path
from typing import Annotated, Any

import typer

from loa.bench.inventory import MADE, Inventory
from loa.cli import output
from loa.cli.benchwork import nodes_meant
from loa.cli.place import Place, at_station
from loa.errors import EXIT_INVALID, EXIT_USAGE, LoaError, suggestion
from loa.firmware import topics
from loa.language import _


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
    chosen = [name for one in nodes for name in nodes_meant(place, one)] if nodes else nodes_meant(place, None)
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


def _label(place: Place, node_id: str) -> Any:
    from loa.bench.labels import Label

    area = place.site.nodes[node_id].area
    names = [place.site.areas[one].name for one in sorted(topics.chain(area), key=len)]
    return Label(node_id, place.keyring.node(node_id).setup_code, names[-1], ", ".join(reversed(names[:-1])))


def label_file(place: Place, node_id: str, folder: Path) -> None:
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
