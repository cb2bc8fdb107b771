"""Quiet hours of a plan: times of day at which nothing of the schedule below `urgent` starts or resumes.

What sounds when they begin is heard to its end, and what waits is held back; `slots` decides what becomes of it. Orders are a person's word
now and are not bound by them.
"""

from node.plan.calendar import DAY_S
from node.refusal import MALFORMED, Refused


class Quiet:
    """`ranges` are pairs of seconds after local midnight, [from, to); from > to spans midnight. Raises `Refused(MALFORMED)` if from is
    to."""

    def __init__(self, zone, ranges):
        for start, end in ranges:
            if start == end:
                raise Refused(MALFORMED, f"quiet: from {start} to {end} has no length")
        self._zone = zone
        self._ranges = ranges

    def __bool__(self):
        """False if no hour is quiet."""
        return bool(self._ranges)

    def end_of_day_time(self, second):
        """Second of the day, past midnight perhaps, at which the quiet that holds at `second` ends.

        `second` itself if none holds, and a whole day later if quiet never ends.
        """
        end = second
        moved = True
        while moved and end < second + DAY_S:
            moved = False
            for start, stop in self._ranges:
                time = end % DAY_S
                if start <= time < stop or (start > stop and (time >= start or time < stop)):
                    end += (stop - time) % DAY_S or DAY_S
                    moved = True
        return min(end, second + DAY_S)

    def end(self, unix):
        """Unix time at which the quiet that holds at `unix` ends, by the offset that holds then; `unix` itself if none holds."""
        _, second = self._zone.local(unix)
        return unix + self.end_of_day_time(second) - second


class QuietNow:
    """The quiet hours of all the plans that bind a node, at a moment: `now_end` is when the quiet that holds `now` ends, or `now`."""

    def __init__(self, quiets, now):
        self._quiets = quiets
        self.now_end = self.end(now)

    def end(self, unix):
        """The latest end of what holds at `unix`, or `unix`."""
        end = unix
        for quiet in self._quiets:
            end = max(end, quiet.end(unix))
        return end
