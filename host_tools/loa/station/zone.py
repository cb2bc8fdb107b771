"""A time zone as nodes read it: the offset that holds now and the changes to come, taken from the zone database of the host."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

_CHANGES_MAX = 8
_LOOK_AHEAD_S = 3 * 366 * 86400
_STEP_S = 7 * 86400  # no zone changes its offset twice in a week


def zone_record(name: str, now: int) -> dict[str, Any]:
    """The plan's `zone`: offsets in minutes east of UTC from a day before `now`, Unix seconds, for three years or eight changes."""
    zone = ZoneInfo(name)
    start = now - 86400
    offsets = [[start, _minutes(zone, start)]]
    for time in range(start, now + _LOOK_AHEAD_S, _STEP_S):
        if len(offsets) < _CHANGES_MAX and _minutes(zone, time + _STEP_S) != _minutes(zone, time):
            change = _first_after(zone, time, time + _STEP_S)
            offsets.append([change, _minutes(zone, change)])
    return {"name": name, "offsets": offsets}


def _minutes(zone: ZoneInfo, unix: int) -> int:
    offset = datetime.fromtimestamp(unix, UTC).astimezone(zone).utcoffset()
    assert offset is not None
    return round(offset.total_seconds() / 60)


def _first_after(zone: ZoneInfo, low: int, high: int) -> int:
    """The first second in (low, high] that has the offset of `high`."""
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _minutes(zone, middle) == _minutes(zone, high) else (middle, high)
    return high
