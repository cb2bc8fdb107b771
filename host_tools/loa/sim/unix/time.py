"""`time` as the ESP32 has it: epoch 2000, no time zone, power-on at 2000-01-01, ticks that wrap at 2**30 and start five seconds before.

Sleeping runs the emulated hardware. `time_ns` is as fine as the RTC, a microsecond.
"""

from chip import CHIP
from clockwork import now_us, sleep_to_tick
from micropython import const

from loa.sim.hardware.calendar import civil, days

_MASK = const((1 << 30) - 1)
_HALF = const(1 << 29)
_SECONDS_TO_WRAP = const(5)
_DAY_S = const(86400)
_2000 = days(2000, 1, 1)

_OFFSET_MS = (1 << 30) - _SECONDS_TO_WRAP * 1_000 - now_us() // 1_000
_OFFSET_US = (1 << 30) - _SECONDS_TO_WRAP * 1_000_000 - now_us()


def ticks_ms():
    return (now_us() // 1_000 + _OFFSET_MS) & _MASK


def ticks_us():
    return (now_us() + _OFFSET_US) & _MASK


ticks_cpu = ticks_us


def ticks_diff(end, start):
    return ((end - start + _HALF) & _MASK) - _HALF


def ticks_add(ticks, delta):
    if not -_HALF < delta < _HALF:
        raise OverflowError("ticks interval overflow")
    return (ticks + delta) & _MASK


def sleep_us(microseconds):
    end = now_us() + microseconds
    left = microseconds
    while left > 0:
        sleep_to_tick(left)
        left = end - now_us()


def sleep_ms(milliseconds):
    sleep_us(milliseconds * 1_000)


def sleep(seconds):
    sleep_us(int(seconds * 1_000_000))


def time_ns():
    return CHIP.rtc.now_us() * 1_000


def time():
    return CHIP.rtc.now_us() // 1_000_000


def gmtime(seconds=None):
    whole = time() if seconds is None else int(seconds)
    day, second = divmod(whole, _DAY_S)
    year, month, date = civil(day + _2000)
    weekday = (day + 5) % 7  # 2000-01-01 was a Saturday
    return (year, month, date, second // 3600, second // 60 % 60, second % 60, weekday, day + _2000 - days(year, 1, 1) + 1)


localtime = gmtime


def mktime(when):
    year, month, date, hour, minute, second = when[:6]
    return (days(year, month, date) - _2000) * _DAY_S + hour * 3600 + minute * 60 + second
