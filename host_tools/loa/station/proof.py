"""Proof of play: what was planned and ordered for each node, against what its events say it played.

complete   all of it was heard, in one stretch or several
partly     some of it was heard and no more will come
replaced   only its fallback was heard, chime or siren
dropped    the node says why it did not play it, or why it could not
silent     its time is over and the node said nothing of it: look at the node
due        it is still being played, or may still come
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from loa.firmware import topics
from loa.site.model import Node
from loa.station.documents import Document, Documents
from loa.station.occurrences import Occurrence, occurrences
from loa.station.orders import Orders
from loa.station.record import Event, Record

_PLAYED = ("bulletin", "live", "siren", "chime")
_STRETCH = ("from_ms", "to_ms", "codec", "sha256", "why")
_ROUNDING_MS = 50  # stretches are told in whole ms and cut at blocks
_REPORT_S = 60  # a report may take this long after the last moment of play


@dataclass(frozen=True)
class Proof:
    """One thing that one node was to play. Times are Unix seconds; `heard_ms` counts nothing twice; without a length `of_ms` is None."""

    node: str
    key: str
    start: int
    importance: str
    bulletin: str | None
    result: str
    heard_ms: int
    of_ms: int | None
    why: str | None
    stretches: tuple[dict[str, Any], ...]


def proofs(nodes: dict[str, Node], documents: Documents, orders: Orders, record: Record, first: int, last: int) -> list[Proof]:
    """Everything that was to start from `first` to before `last` at the nodes, by start and node."""
    found = []
    plans, given = documents.history(topics.PLAN, first, last), orders.given(first, last)
    for node_id, node in nodes.items():
        expected = [*_planned(plans, node.area, first, last), *_ordered(given, node_id, node.area, first, last)]
        events = record.about(node_id, {occurrence.key for occurrence in expected})
        found += [_judge(node_id, occurrence, events.get(occurrence.key, [])) for occurrence in expected]
    return sorted(found, key=lambda proof: (proof.start, proof.node, proof.key))


def _planned(plans: list[tuple[Document, int]], hamlet: str, first: int, last: int) -> Iterator[Occurrence]:
    for document, until in plans:
        if topics.covers(document.audience, hamlet):
            yield from occurrences(document.body, hamlet, max(first, document.body["iat"]), min(last, until))


def _ordered(given: list[tuple[str, dict[str, Any]]], node_id: str, hamlet: str, first: int, last: int) -> Iterator[Occurrence]:
    for audience, record in given:
        meant = audience == topics.node_audience(node_id) or topics.covers(audience, hamlet)
        meant = meant and any(topics.covers(part, hamlet) for part in record.get("only", [hamlet]))
        if meant and record["do"] in _PLAYED and first <= record["from"] < last:
            length = max((variant["ms"] for variant in record["bulletin"]["variants"]), default=0) // 1000 if "bulletin" in record else 0
            for count in range(1, record.get("repeat", 1) + 1):
                key = f"{audience}|{record['id']}" + (f"#{count}" if count > 1 else "")
                bulletin, late = record["id"] if "bulletin" in record else "", record["until"] - record["from"]
                begins = record["from"]
                yield Occurrence(begins, begins + length, key, record["id"], bulletin, record["class"], late, record["do"])


def _judge(node_id: str, expected: Occurrence, events: list[Event]) -> Proof:
    played = sorted((event for event in events if event.kind == "played"), key=lambda event: (event.t or 0, event.n))
    wanted = [event for event in played if event.body["bulletin"] or expected.do != "bulletin"]
    over = time.time() > expected.ends + expected.late + _REPORT_S
    why = next((str(event.body["why"]) for event in events if event.kind == "dropped"), None)
    if why is None and over:
        why = next((str(event.body["code"]) for event in events if event.kind == "refused"), None)
    of_ms = max((event.body["of_ms"] for event in wanted if event.body["of_ms"] is not None), default=None)
    heard_ms = _covered([(event.body["from_ms"], event.body["to_ms"]) for event in wanted])
    ended = any(event.body["why"] == "end" for event in wanted)
    if ended and (of_ms is None or heard_ms + _ROUNDING_MS >= of_ms):
        result, why = "complete", None
    elif why is None and not over:
        result = "due"
    elif heard_ms:
        result = "partly"
    elif played:
        result = "replaced"
    else:
        result = "silent" if why is None else "dropped"
    stretches = tuple({"t": event.t, **{name: event.body[name] for name in _STRETCH}} for event in played)
    bulletin = expected.bulletin or None
    return Proof(node_id, expected.key, expected.start, expected.importance, bulletin, result, heard_ms, of_ms, why, stretches)


def _covered(stretches: list[tuple[int, int]]) -> int:
    """Milliseconds in the union of stretches."""
    total, end = 0, 0
    for start, stop in sorted(stretches):
        total += max(0, stop - max(start, end))
        end = max(end, stop)
    return total
