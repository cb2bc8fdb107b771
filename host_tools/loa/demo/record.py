"""The timeline of any time at a station, from its record: what each node was to play, and what it reports to have played. For `loa sim --record`."""

import dataclasses
import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from loa.demo import timeline
from loa.demo.timeline import Heard, Kind, Mark, Planned, Timeline
from loa.station.proof import Proof
from loa.station.station import Station

TIMELINE_FILE = "timeline.json"
ROWS_MAX = 24  # nodes on the picture: of more the first
_UNKNOWN_S = 3  # of what nobody says how long it lasts
_BUILT_IN: tuple[Kind, ...] = ("live", "chime", "siren")


def write(station: Station, folder: Path, first: int, last: int, marks: Sequence[Mark] = ()) -> Path:
    """Write `timeline.json` with everything from Unix second `first` to `last`; returns its path.

    Beside it goes a picture of the first 24 nodes, if there was anything to draw.
    """
    whole = recorded(station, first, last, marks)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / TIMELINE_FILE
    file.write_text(json.dumps(_plain(whole), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    rows = whole.nodes[:ROWS_MAX]
    shown = {name for name, _ in rows}
    if not (whole.planned or whole.heard or whole.marks):
        return file
    timeline.draw(
        dataclasses.replace(
            whole,
            nodes=rows,
            planned=[one for one in whole.planned if one.node in shown],
            heard=[one for one in whole.heard if one.node in shown],
            marks=[one for one in whole.marks if one.node is None or one.node in shown],
        ),
        folder,
    )
    return file


def recorded(station: Station, first: int, last: int, marks: Sequence[Mark] = ()) -> Timeline:
    """The timeline of a station's nodes. What befell it, `marks`, is not in the record."""
    site, zone = station.site, ZoneInfo(station.site.time_zone)
    proofs = station.proofs(first, last)
    planned = [Planned(proof.node, _label(proof), _kind(proof), proof.start, _end(proof)) for proof in proofs]
    heard = [
        Heard(
            proof.node,
            _label(proof),
            _kind(proof),
            stretch["t"],
            stretch["t"] + (stretch["to_ms"] - stretch["from_ms"]) / 1000,
            stretch["from_ms"],
            stretch["to_ms"],
            stretch["why"] != "end",
        )
        for proof in proofs
        for stretch in proof.stretches
        if stretch["t"] is not None
    ]
    nodes = [(name, site.areas[node.area].name) for name, node in site.nodes_served_by(station.name).items()]
    title = f"{site.name}: planned and heard, {datetime.fromtimestamp(first, zone):%d.%m.%Y}"
    return Timeline(title, zone, nodes, planned, heard, marks)


def _label(proof: Proof) -> str:
    return proof.bulletin or proof.key.partition("|")[2].partition("#")[0]


def _kind(proof: Proof) -> Kind:
    if proof.bulletin is None:
        for kind in _BUILT_IN:
            if _label(proof).startswith(kind):
                return kind
    importance: Kind = proof.importance  # type: ignore[assignment]  # a class is one of the kinds
    return importance


def _end(proof: Proof) -> float:
    return proof.start + (proof.of_ms / 1000 if proof.of_ms else _UNKNOWN_S)


def _plain(whole: Timeline) -> dict[str, object]:
    return {
        "title": whole.title,
        "zone": str(whole.zone),
        "nodes": [{"node": node, "place": place} for node, place in whole.nodes],
        "planned": [dataclasses.asdict(one) for one in whole.planned],
        "heard": [dataclasses.asdict(one) for one in whole.heard],
        "marks": [dataclasses.asdict(one) for one in whole.marks],
    }
