"""One slot of a plan: when it is due, when it is too late, and a cursor over its starts that walks no more days than it needs.

Every `at` and every repeat is a playing of its own with its own late window. A slot's playings never overlap, so only the first that is
not yet played or dropped can be the next: the cursor on it is all that a slot keeps, whatever the number of its starts.
"""

from node.bus.limits import CLASSES
from node.bus.topics import covers
from node.plan.calendar import DAY_S
from node.plan.days import Days
from node.plan.history import join
from node.plan.offers import TAKEN
from node.plan.verdict import EXPIRED, HELD, LATE, PLAYABLE, QUIET, STALE
from node.refusal import SLOT, Refused

_LATE_S = 900
_RANK = 50
_URGENT = CLASSES.index("urgent")


class Slot:
    """`plan` is the `schedule.Plan` that has it, `record` the SLOT record, `placing` an OFFER record with another `at` or `rank`, or None.

    Attributes besides those of `Item`: `base` and `number`, together the key, where `number` and `start` are both the start under the
    cursor, None before the first `seek` and after the last start; `ready` once `seek` was called; `late` and `length`, the longest
    variant's, in seconds.

    A plan has dozens of these: what is rarely asked for is looked up in the documents and not kept.
    """

    do = "bulletin"
    order = False
    live = None
    leave = TAKEN
    fallback = "none"

    def __init__(self, plan, record, placing=None):
        self._plan = plan
        self._record = record
        self.base = plan.audience + "|" + self.origin
        if record["bulletin"] not in plan.bulletins:
            raise Refused(SLOT, f"slot {self.origin}: the plan has no bulletin {self.bulletin_id}")
        self.rank = CLASSES.index(self.bulletin["class"])
        self.precedence = (placing or record).get("rank", record.get("rank", _RANK))
        self.late = record.get("late", _LATE_S)
        self.length = (max([variant["ms"] for variant in self.bulletin["variants"]]) + 999) // 1000
        # The repeats of a slot that the commune has placed so late that they would run past midnight are no part of it.
        times = (placing or record).get("at", record["at"])
        step, repeat = self._step(), record.get("repeat", 1)
        seconds = {time + count * step for time in times for count in range(repeat)}
        self._seconds = tuple(sorted([second for second in seconds if second < DAY_S]))
        self._days = Days(record)
        self.ready = False
        self.start = None

    @property
    def number(self):
        return self.start

    @property
    def origin(self):
        return self._record["id"]

    @property
    def audience(self):
        return self._plan.audience

    @property
    def files(self):
        return self._plan.files

    @property
    def bulletin_id(self):
        return self._record["bulletin"]

    @property
    def bulletin(self):
        return self._plan.bulletins[self._record["bulletin"]]

    def check(self, quiet):
        """Raise `Refused(SLOT)` if it can never be played as written; `quiet` is the plan's own `Quiet`."""
        span = (self._record.get("repeat", 1) - 1) * self._step()
        times = sorted(self._record["at"])
        for time, following in zip(times, times[1:] + [2 * DAY_S]):
            if time + span >= DAY_S:
                self._refuse(f"its repeats from {time} run past midnight")
            if time + span + self.length > following:
                self._refuse(f"played from {time} it still runs at {following}")
        for area in self._record.get("only", ()):
            if not covers(self.audience, area):
                self._refuse(f"{area} is not in {self.audience}")
        if self.rank < _URGENT and all(quiet.end_of_day_time(second) > second + self.late for second in self._seconds):
            self._refuse("it lies wholly in quiet hours")
        day, _ = self._plan.zone.local(self.earliest())
        if self._days.next(day) is None:
            self._refuse("all its days are past")

    def _step(self):
        """Seconds from one repeat to the next."""
        return self.length + self._record.get("gap", 0)

    def _refuse(self, reason):
        raise Refused(SLOT, f"slot {self.origin}: {reason}")

    def placed(self, offer):
        """The same slot with the `at` and `rank` of an OFFER record, or without if None; its cursor is new."""
        return Slot(self._plan, self._record, offer)

    def is_for(self, area):
        """True if a node of hamlet `area` hears it."""
        only = self._record.get("only")
        return only is None or any(covers(part, area) for part in only)

    # The cursor.

    def earliest(self):
        """Unix second before which no start can matter to this plan: what began then was over when the plan was signed."""
        return self._plan.issued - self.late - self.length

    def seek(self, floor):
        """Put the cursor on the first start at or after `floor`, Unix seconds, or on None if the plan expires before."""
        self.ready = True
        day, _ = self._plan.zone.local(floor)
        self._open(day - 1)  # where the clock is put forward at midnight, a start of the day before can lie in this one
        while self.start is not None and self.start < floor:
            self._forward()

    def rewind(self):
        """Let the cursor be put anew, by `seek`."""
        self.ready = False
        self.start = None

    def advance(self, floor):
        """Put the cursor on the next start, skipping those before `floor`."""
        if floor - self.start > DAY_S:
            self.seek(floor)
        else:
            self._forward()

    def _open(self, day):
        self._day = self._days.next(day)
        self._index = 0
        self.start = None
        if self._day is not None:
            self._base, self._today = self._on(self._day)
            self._set()

    def _on(self, day):
        """`(Unix time, ascending seconds after it)` of the starts of a day. On ordinary days no list is made."""
        zone = self._plan.zone
        base = zone.unix(day, 0)
        if zone.is_steady(base, zone.unix(day + 1, 0)):
            return base, self._seconds
        return base, sorted({zone.unix(day, second) - base for second in self._seconds})

    def _set(self):
        start = self._base + self._today[self._index]
        self.start = start if start < self._plan.expires else None

    def _forward(self):
        self._index += 1
        if self._index < len(self._today):
            self._set()
        else:
            self._open(self._day + 1)

    # One playing: `number` is its start.

    def key(self, number):
        return join(self.base, number)

    def begins(self, number):
        return number

    def keeps(self, number, begun):
        """True if this slot still has the playing that an older revision of its plan owed; `begun`: some of it was heard."""
        if number >= self._plan.expires or not (begun or number + self.late >= self._plan.issued):
            return False
        day, _ = self._plan.zone.local(number)
        for candidate in (day, day - 1):
            base, seconds = self._on(candidate)
            if number - base in seconds and self._days.holds(candidate):
                return True
        return False

    def until(self, number, played_ms):
        """Last Unix second at which it may start, or go on after `played_ms` were heard: what has been heard is not late."""
        return min(number + self.late + played_ms // 1000, self._plan.expires - 1)

    def verdict(self, now, number, played_ms, on_air, quiet):
        """`(verdict, time)`: `time` is when it may change by itself, or None. `played_ms` is None if nothing of it was heard.

        `quiet` is the `QuietNow` that binds the node.
        """
        if on_air:
            return PLAYABLE, None
        until = self.until(number, played_ms or 0)
        if now > until:
            if played_ms is None and number + self.late < self._plan.issued:
                return STALE, None
            if now >= self._plan.expires and until == self._plan.expires - 1:
                return EXPIRED, None
            return (QUIET if self.rank < _URGENT and quiet.end(until) > until else LATE), None
        if quiet.now_end > now and self.rank < _URGENT:
            return HELD, min(quiet.now_end, until + 1)
        return PLAYABLE, until + 1
