"""When a plan plays what, at one hamlet: the nodes' own calendar and slots, asked ahead of time or for the past."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from loa.firmware import documents, schedule


@dataclass(frozen=True, order=True)
class Occurrence:
    """One playing that a plan asks for. Times are Unix seconds; `ends` is by the longest variant, `late` the seconds it may be late."""

    start: int
    ends: int
    key: str
    slot: str
    bulletin: str
    importance: str
    late: int


def plan_slots(payload: dict[str, Any], hamlet: str) -> list[Any]:
    """The slots of a plan that a hamlet hears. Raises `Refused` for a plan that nodes would refuse."""
    plan = schedule.Plan(payload["aud"], payload)
    own: dict[str, Any] = {}
    for _ in plan.check(hamlet, own):
        pass
    return list(own.values())


def occurrences(payload: dict[str, Any], hamlet: str, first: int, last: int) -> Iterator[Occurrence]:
    """Everything that starts from `first` to before `last` while the plan holds, slot by slot."""
    for slot in plan_slots(payload, hamlet):
        slot.seek(first, min(last, payload["exp"]))
        while slot.start is not None:
            key, importance = slot.key(slot.start), documents.CLASSES[slot.rank]
            yield Occurrence(slot.start, slot.start + slot.length, key, slot.origin, slot.bulletin_id, importance, slot.late)
            slot.advance(slot.start + 1)
