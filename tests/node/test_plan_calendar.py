"""Dates, weekdays and local time are right over the whole range, and where the clock is changed."""

from node.plan.calendar import Zone, date_of, day_of, weekday

_HOUR = 3600


def test_every_day_of_two_centuries_round_trips_in_order():
    last = 0
    for day in range(0, 47482):
        date = date_of(day)
        assert date > last and day_of(date) == day, (day, date)
        last = date
    assert last == 20991231


def test_known_days():
    assert (day_of(19700101), day_of(20000229), day_of(20261005)) == (0, 11016, 20731)
    assert [weekday(day_of(date)) for date in (19700101, 20261005, 20261011)] == [4, 1, 7]


def test_dates_that_do_not_exist_are_none():
    for date in (20260231, 20260229, 20261301, 20260001, 20260100, 20260431, 20260132, 21000229, 19691231):
        assert day_of(date) is None, date
    assert day_of(20240229) is not None and day_of(20000229) is not None


def test_local_time_is_by_the_offset_in_force():
    zone = Zone([[0, 420], [1000 * 86400, 480]])
    assert zone.local(0) == (0, 7 * _HOUR)
    assert zone.local(1000 * 86400 - 1) == (1000, 7 * _HOUR - 1)
    assert zone.local(1000 * 86400) == (1000, 8 * _HOUR)
    assert zone.unix(10, 7 * _HOUR) == 10 * 86400
    assert zone.unix(1001, 8 * _HOUR) == 1001 * 86400


def test_the_first_offset_holds_before_its_beginning():
    assert Zone([[86400, 60]]).local(0) == (0, _HOUR)
    assert Zone([[86400, 60]]).unix(0, _HOUR) == 0


def test_a_time_skipped_by_the_clock_is_read_as_if_it_had_not_been():
    change = 1000 * 86400 + 2 * _HOUR  # at 02:00 the clock shows 03:00
    zone = Zone([[0, 0], [change, 60]])
    assert zone.unix(1000, 2 * _HOUR - 1) == change - 1
    assert zone.unix(1000, 2 * _HOUR + 1800) == change + 1800
    assert zone.local(change + 1800) == (1000, 3 * _HOUR + 1800)
    assert zone.unix(1000, 3 * _HOUR) == change


def test_a_time_that_occurs_twice_is_the_first():
    change = 1000 * 86400 + 3 * _HOUR  # at 03:00 the clock shows 02:00
    zone = Zone([[0, 0], [change, -60]])
    assert zone.unix(1000, 2 * _HOUR) == change - _HOUR
    assert zone.unix(1000, 3 * _HOUR - 1) == change - 1
    assert zone.unix(1000, 3 * _HOUR) == change + _HOUR


def test_steady_means_no_change_between():
    zone = Zone([[0, 0], [1000, 60], [2000, 0]])
    assert zone.is_steady(0, 999) and zone.is_steady(1001, 1999) and zone.is_steady(2001, 9999)
    assert not zone.is_steady(0, 1000) and not zone.is_steady(1000, 1001) and not zone.is_steady(1500, 2500)


def test_each_of_several_changes_is_read_alike():
    forward, back = 1000 * 86400 + 2 * _HOUR, 1200 * 86400 + 2 * _HOUR
    zone = Zone([[0, 0], [forward, 60], [back, 0]])
    assert zone.unix(1000, 2 * _HOUR + 1800) == forward + 1800
    assert zone.unix(1100, 12 * _HOUR) == 1100 * 86400 + 11 * _HOUR
    assert zone.unix(1200, 2 * _HOUR + 1800) == back - 1800
    assert zone.unix(1200, 3 * _HOUR) == back + _HOUR
