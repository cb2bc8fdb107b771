"""Dates as battery clocks keep them, two decimal digits a byte, from and to Unix seconds. Years 2000 to 2099, UTC; knows no chip."""

from micropython import const

_DAY_S = const(86400)
_DAYS_TO_2000 = const(10957)  # from 1970
_DAYS_BEFORE = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)


def to_unix(year, month, day, hour, minute, second):
    """Unix seconds of six numbers as decimal digits; None where they are no date and time."""
    numbers = [_number(byte) for byte in (year, month, day, hour, minute, second)]
    if None in numbers:
        return None
    year, month, day, hour, minute, second = numbers
    if not (1 <= month <= 12 and 1 <= day <= 31 and hour < 24 and minute < 60 and second < 60):
        return None
    days = _DAYS_TO_2000 + _days_of_years(year) + _DAYS_BEFORE[month - 1] + (1 if month > 2 and year % 4 == 0 else 0) + day - 1
    return days * _DAY_S + hour * 3600 + minute * 60 + second


def from_unix(unix):
    """(year, month, day, hour, minute, second) as decimal digits, and the weekday from 0 for Monday."""
    days, second = divmod(unix, _DAY_S)
    weekday = (days + 3) % 7  # 1970 began on a Thursday
    days -= _DAYS_TO_2000
    year = days * 4 // 1461
    days -= _days_of_years(year)
    leap = 1 if year % 4 == 0 else 0
    month = 12
    while month > 1 and days < _DAYS_BEFORE[month - 1] + (leap if month > 2 else 0):
        month -= 1
    day = days - _DAYS_BEFORE[month - 1] - (leap if month > 2 else 0) + 1
    numbers = (year, month, day, second // 3600, second // 60 % 60, second % 60)
    return [number // 10 << 4 | number % 10 for number in numbers], weekday


def _days_of_years(year):
    return 365 * year + (year + 3) // 4


def _number(byte):
    return (byte >> 4) * 10 + (byte & 15) if byte >> 4 < 10 and byte & 15 < 10 else None
