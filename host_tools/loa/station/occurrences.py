"""When a plan plays what, at one hamlet, ahead of time or in the past: the nodes' own calendar walked over a plan's slots."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from loa.firmware import calendar, days, topics

_LATE_S = 900  # a slot's `late` if it has none, as the wire's table says


@dataclass(frozen=True, order=True)
class Occurrence:
    """One playing that a plan asks for, or an order (`do` as there). Times are Unix seconds; `ends` is by the longest variant, `late` the seconds
    it may be late; `bulletin` is empty for what plays none."""

    start: int
    ends: int
    key: str
    slot: str
    bulletin: str
    importance: str
    late: int
    do: str = "bulletin"


def occurrences(payload: dict[str, Any], hamlet: str, first: int, last: int) -> Iterator[Occurrence]:
    """Everything that starts from `first` to before `last` while the plan holds, slot by slot. The plan must be one that nodes accept."""
    zone = calendar.Zone(payload["zone"]["offsets"])
    for record in payload["slots"]:
        if any(topics.covers(part, hamlet) for part in record.get("only", [hamlet])):
            bulletin = payload["bulletins"][record["bulletin"]]
            length = -(-max(variant["ms"] for variant in bulletin["variants"]) // 1000)
            for start in sorted(_starts(record, zone, length, first, min(last, payload["exp"]))):
                key = f"{payload['aud']}|{record['id']}|{start}"
                late = record.get("late", _LATE_S)
                yield Occurrence(start, start + length, key, record["id"], record["bulletin"], bulletin["class"], late)


def _starts(record: dict[str, Any], zone: Any, length: int, first: int, last: int) -> set[int]:
    step = length + record.get("gap", 0)
    seconds = [at + count * step for at in record["at"] for count in range(record.get("repeat", 1))]
    found: set[int] = set()
    slot_days = days.Days(record)
    day, _ = zone.local(first)
    end, _ = zone.local(last)
    day = slot_days.next(day - 1)  # where the clock is put forward, a start of the day before can lie in this one
    while day is not None and day <= end + 1:
        found |= {start for start in (zone.unix(day, second) for second in seconds) if first <= start < last}
        day = slot_days.next(day + 1)
    return found
