"""The emulated board's clock: the event loop across the wrap of the ticks, and dates from the board's epoch."""

import asyncio
import time

from loa.sim.hardware.calendar import civil, days
from loa.sim.hardware.pulse import PERIOD_US, Pulse
from loa.sim.hardware.rtc import Rtc


class _Hand:
    """A clock that is moved by hand."""

    def __init__(self):
        self.us = 0

    def __call__(self):
        return self.us


def test_calendar_knows_leap_years_and_both_epochs():
    assert days(1970, 1, 1) == 0 and days(2000, 1, 1) * 86400 == 946684800
    for date in ((2000, 2, 29), (2000, 3, 1), (2026, 12, 31), (2100, 2, 28), (2100, 3, 1)):
        assert civil(days(*date)) == date
    assert days(2100, 3, 1) - days(2100, 2, 28) == 1


def test_dates_from_the_epoch_and_back():
    when = (2026, 8, 17, 5, 30, 15)
    assert time.gmtime(time.mktime(when + (0, 0, 0)))[:6] == when
    if time.gmtime(0)[0] == 2000:  # the board's epoch; CPython keeps its own
        assert time.gmtime(0) == (2000, 1, 1, 0, 0, 0, 5, 1)
        assert time.gmtime()[0] == 2000
        assert time.gmtime(time.mktime((2028, 12, 31, 23, 59, 59, 0, 0))) == (2028, 12, 31, 23, 59, 59, 6, 366)


async def test_loop_keeps_the_order_of_sleeps_across_the_wrap():
    left = time.ticks_diff(0, time.ticks_ms())
    if left < 100:
        return  # wrapped before this test: a test before has slept through it
    order = []

    async def sleeper(name, milliseconds):
        await asyncio.sleep_ms(milliseconds)
        order.append(name)

    await asyncio.gather(sleeper("after", left + 20), sleeper("before", left - 50))
    assert order == ["before", "after"] and time.ticks_ms() < 1 << 29


def test_pulse_runs_late_ticks_once_and_keeps_its_grid():
    hand = _Hand()
    pulse = Pulse(hand)
    heard = []
    pulse.subscribe(heard.append)
    hand.us = PERIOD_US - 1
    pulse.run_due()
    assert heard == [] and pulse.until_next_us() == 1
    hand.us = 4 * PERIOD_US + 3
    pulse.run_due()
    pulse.run_due()
    assert heard == [4 * PERIOD_US + 3] and pulse.until_next_us() == PERIOD_US - 3
    pulse.unsubscribe(heard.append)
    hand.us += PERIOD_US
    pulse.run_due()
    assert len(heard) == 1


def test_rtc_goes_on_over_a_reset():
    hand = _Hand()
    before = Rtc(hand)
    hand.us = 5_000_000
    assert before.now_us() == 5_000_000
    before.set_us(840_000_000_000_000)
    before.store(b"\x00\xffkept")
    hand.us += 1_000_000
    after = Rtc(hand)
    after.restore(before.kept())
    assert after.now_us() == 840_000_001_000_000 and after.memory == b"\x00\xffkept"
    try:
        after.store(bytes(2049))
        raise AssertionError("too long")
    except ValueError:
        assert after.memory == b"\x00\xffkept"
