"""The calendar in whole numbers: dates YYYYMMDD, days since 1970-01-01, weekdays, and local time by a plan's list of offsets.

Knows nothing of the time now and imports no `time`: the same sums on every runtime, whatever its epoch.
"""

from micropython import const

DAY_S = const(86400)
_YEAR_FIRST = const(1970)
_BEFORE_MONTH = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)


def _is_leap(year):
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _before_year(year):
    """Days from 1970-01-01 to the first day of `year`."""
    past = year - 1
    return (year - _YEAR_FIRST) * 365 + past // 4 - past // 100 + past // 400 - 477


def _before_month(year, month):
    return _BEFORE_MONTH[month - 1] + (1 if month > 2 and _is_leap(year) else 0)


def day_of(date):
    """Days since 1970-01-01 of a date YYYYMMDD, or None if no such day exists (20260231)."""
    year, month, day = date // 10000, date // 100 % 100, date % 100
    if year < _YEAR_FIRST or not 1 <= month <= 12:
        return None
    first = _before_month(year, month)
    length = (_before_month(year, month + 1) if month < 12 else 365 + _is_leap(year)) - first
    return _before_year(year) + first + day - 1 if 1 <= day <= length else None


def date_of(day):
    """The date YYYYMMDD of a day counted from 1970-01-01."""
    year = _YEAR_FIRST + day // 366
    while _before_year(year + 1) <= day:
        year += 1
    rest = day - _before_year(year)
    month = 12
    while _before_month(year, month) > rest:
        month -= 1
    return year * 10000 + month * 100 + rest - _before_month(year, month) + 1


def weekday(day):
    """ISO weekday of a day counted from 1970-01-01: Monday is 1, Sunday 7."""
    return (day + 3) % 7 + 1


class Zone:
    """Local time of a plan: `offsets` is its `zone.offsets`, pairs of (from Unix seconds, minutes east of UTC), ascending.

    The first offset also holds before its own beginning. Where the clock is put forward, local times that do not exist are read as if it
    had not been (02:30 becomes 03:30). Where it is put back, local times that occur twice mean the first.
    """

    def __init__(self, offsets):
        self._changes = tuple([(since, minutes * 60) for since, minutes in offsets])

    def offset(self, unix):
        """Seconds east of UTC at a Unix time."""
        found = self._changes[0][1]
        for since, seconds in self._changes:
            if since <= unix:
                found = seconds
        return found

    def local(self, unix):
        """`(day, second of the day)` on local clocks."""
        return divmod(unix + self.offset(unix), DAY_S)

    def unix(self, day, second):
        """Unix time at which local clocks show `second` (it may exceed a day) of `day`."""
        local = day * DAY_S + second
        last = len(self._changes) - 1
        before = self._changes[0][1]
        for index in range(last):
            since, offset = self._changes[index]
            unix = local - offset
            if unix < self._changes[index + 1][0]:
                return unix if unix >= since else local - before
            before = offset
        since, offset = self._changes[last]
        unix = local - offset
        return unix if unix >= since else local - before

    def is_steady(self, first, last):
        """True if the offset does not change from `first` to `last`, both Unix times included."""
        return not any(first <= since <= last for since, _ in self._changes[1:])
