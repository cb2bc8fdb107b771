"""Keeps what is left of a commune or node when a test fails: sound, logs, a timeline and its picture, in a folder that outlives the test."""

import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from loa.sim import recording
from loa.sim.node import LOG_FILE, SimulatedNode
from loa.testing.acts import Act
from loa.testing.commune import Commune

Entry = dict[str, Any]
_DOWN = ("killed", "stopped", "paused", "power off")
_UP = ("started", "resumed", "power on")


def keep(part: Commune | SimulatedNode, folder: Path) -> list[Path]:
    """Copy it there; returns the files. Nothing is changed, and the parts may still run."""
    folder.mkdir(parents=True, exist_ok=True)
    if isinstance(part, SimulatedNode):
        return _keep_node(part, folder)
    kept = [path for node in part.nodes.values() if node.boots for path in _keep_node(node, folder)]
    for name, log in (("station.log", _station_log(part)), ("broker.log", part.broker.log_file)):
        if log is not None and log.exists():
            kept.append(Path(shutil.copyfile(log, folder / name)))
    timeline = folder / "timeline.jsonl"
    timeline.write_text("".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in _timeline(part)), encoding="utf-8")
    kept.append(timeline)
    if hasattr(part, "desk"):
        kept += _picture(part, folder)
    if part.storms:
        storms = folder / "storms.json"
        storms.write_text(json.dumps(part.storms, indent=1) + "\n")
        kept.append(storms)
    return kept


def _keep_node(node: SimulatedNode, folder: Path) -> list[Path]:
    """One WAV of all it emitted, silence between; as the parts that they are if their rates differ. And its log."""
    kept = []
    parts = [part for part in node.segments() if part.frames]
    if len({part.rate for part in parts}) == 1:
        path = folder / f"{node.node_id}.wav"
        samples = recording.track(parts, parts[0].started_ns, max(part.ended_ns for part in parts), parts[0].rate)
        recording.write_wav(path, samples, parts[0].rate)
        kept.append(path)
    elif parts:
        kept += [Path(shutil.copyfile(part.path, folder / f"{node.node_id}-{part.path.name}")) for part in parts]
    log = node.folder / LOG_FILE
    return [*kept, Path(shutil.copyfile(log, folder / f"{node.node_id}.log"))] if log.exists() else kept


def _station_log(commune: Commune) -> Path | None:
    return commune.station.log_file if hasattr(commune, "station") else None


def _picture(commune: Commune, folder: Path) -> list[Path]:
    """What was planned and reported as `loa sim --record` keeps and draws it, with what befell."""
    from loa.demo import record  # brings matplotlib, for which no other part of a test waits
    from loa.demo.timeline import Mark

    marks: list[Mark] = []
    for act, over in _downs(commune.acts.all):
        if act.who in ("broker", "station"):
            marks.append(Mark("broker" if act.who == "broker" else "station", act.at, over, f"{act.who} {act.what}"))
        else:
            marks.append(Mark("power", act.at, over, act.what, act.who))
    written = record.write(commune.desk, folder, int(commune.begun), int(time.time()) + 1, marks)
    return [written, *sorted(folder.glob(f"{written.stem}.[ps][nv]g"))]


def _downs(acts: list[Act]) -> Iterator[tuple[Act, float]]:
    """Each time that a part was down: by which act, and until when, Unix seconds; until now if it still is."""
    for number, act in enumerate(acts):
        if act.what in _DOWN:
            back = (later.at for later in acts[number + 1 :] if later.who == act.who and later.what in _UP)
            yield act, next(back, time.time())


def _timeline(commune: Commune) -> list[Entry]:
    """Everything that is known, by its time in Unix seconds: `at`, `who`, `what`."""
    entries = [asdict(act) for act in commune.acts.all]
    for name, node in commune.nodes.items():
        entries += _starts(name, node)
    if hasattr(commune, "desk"):
        entries += [*_orders(commune), *_events(commune), *_heard(commune)]
    return sorted(entries, key=lambda entry: float(entry["at"]))


def _starts(name: str, node: SimulatedNode) -> Iterator[Entry]:
    for boot in node.boots:
        yield {"at": boot.started_ns / 1e9, "who": name, "what": f"start {boot.number}", "cause": boot.cause}
        if boot.ended_ns is not None:
            yield {"at": boot.ended_ns / 1e9, "who": name, "what": f"end of start {boot.number}", "why": boot.why}


def _orders(commune: Commune) -> Iterator[Entry]:
    for audience, order in commune.desk.orders.given(0, 2**32):
        yield {"at": order["from"], "who": "station", "what": f"order {order['id']}", "to": audience, "class": order["class"]}


def _events(commune: Commune) -> Iterator[Entry]:
    for event in commune.desk.record.events():
        own = {name: value for name, value in event.body.items() if name not in ("mac", "t", "kind")}
        yield {"at": event.t or event.received, "who": event.node, "what": f"reports {event.kind}", **own}


def _heard(commune: Commune) -> Iterator[Entry]:
    for name, node in commune.nodes.items():
        for one in node.heard():
            part = {"until": one.end, "from_ms": one.from_ms, "to_ms": one.to_ms, "match": one.match}
            yield {"at": one.start, "who": name, "what": f"emits {one.programme}", **part}
