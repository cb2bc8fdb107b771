"""The days on which a slot holds: weekly or dated, with first and last day and exceptions. Times of day are not its business."""

from node.plan.calendar import day_of, weekday
from node.refusal import SLOT, Refused

_NO_WAIT = bytes(7)
_LAST_DATE = 20991231


class Days:
    """Made from a SLOT record; raises `Refused(SLOT)` for days that contradict each other or that no calendar has."""

    def __init__(self, record):
        name = record["id"]
        self._first = _day(name, record.get("from", 19700101))
        self._last = _day(name, record.get("until", _LAST_DATE))
        if self._first > self._last:
            raise Refused(
                SLOT,
                "slot {}: from {} is after until {}".format(name, record["from"], record["until"]),
            )
        if "days" in record and "dates" in record:
            raise Refused(SLOT, f"slot {name}: has both days and dates")
        self._except = tuple({_day(name, date) for date in record.get("except", ())})
        self._dates = None
        if "dates" in record:
            self._dates = tuple(sorted({_day(name, date) for date in record["dates"]}))
        else:
            # Days to wait from each weekday, Monday first, to the next one of the slot: exceptions, not weekdays, are walked one by one.
            self._wait = _NO_WAIT
            if "days" in record:
                self._wait = bytes([min([(day - today) % 7 for day in record["days"]]) for today in range(1, 8)])

    def next(self, day):
        """The first day on or after `day` on which the slot holds, or None. Looks at no more days than it has dates or exceptions."""
        day = max(day, self._first)
        if self._dates is not None:
            for date in self._dates:
                if day <= date <= self._last and date not in self._except:
                    return date
            return None
        while day <= self._last:
            wait = self._wait[weekday(day) - 1]
            if wait == 0 and day not in self._except:
                return day
            day += wait or 1
        return None

    def holds(self, day):
        """True if the slot holds on `day`."""
        return self.next(day) == day


def _day(name, date):
    day = day_of(date)
    if day is None:
        raise Refused(SLOT, f"slot {name}: {date} is no date")
    return day
