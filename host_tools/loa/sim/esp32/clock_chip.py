"""`machine.RTC`: time of day in UTC and memory, both kept by every reset that is no loss of power."""

from chip import CHIP

from loa.sim.hardware.calendar import civil, days

_DAY_US = 86_400_000_000
_2000 = days(2000, 1, 1)


class RTC:
    """One RTC, whatever number of objects."""

    def __init__(self, id=0):
        self._rtc = CHIP.rtc

    def datetime(self, when=None):
        """`(year, month, day, weekday, hour, minute, second, microsecond)`; the weekday is not looked at when setting."""
        if when is None:
            day, microsecond = divmod(self._rtc.now_us(), _DAY_US)
            second, microsecond = divmod(microsecond, 1_000_000)
            weekday = (day + 5) % 7
            return civil(day + _2000) + (weekday, second // 3600, second // 60 % 60, second % 60, microsecond)
        year, month, date, _, hour, minute, second, microsecond = when
        seconds = (days(year, month, date) - _2000) * 86_400 + hour * 3600 + minute * 60 + second
        self._rtc.set_us(seconds * 1_000_000 + microsecond)
        CHIP.keep_rtc()
        return None

    def memory(self, data=None):
        """The kept bytes, or replace them."""
        if data is None:
            return self._rtc.memory
        self._rtc.store(data)
        CHIP.keep_rtc()
        return None
