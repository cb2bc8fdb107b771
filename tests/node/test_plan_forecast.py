"""The forecast tells the same story as the agenda would live, in order and with every cut."""

from support_plan import DAY, HAMLET, D, air, at, order, plan, slot, time

from node.plan.forecast import forecast
from node.refusal import SLOT, Refused


def _story(body, orders=None, days=1, **options):
    airs = {"p/c": orders} if orders else {}
    return [
        (since // 1000 - D, until // 1000 - D, item.origin, why)
        for since, until, item, why in forecast(HAMLET, {"p/c": body}, airs, D, D + days * DAY, **options)
    ]


def test_a_plain_day():
    assert _story(plan(slot("a", time(7), time(12)))) == [
        (time(7), time(7, 10), "a", "end"),
        (time(12), time(12, 10), "a", "end"),
    ]


def test_cut_resumed_and_lost():
    body = plan(slot("a", time(7)), slot("b", time(7, 5), bulletin="notice"), slot("c", time(7, 1), late=60))
    orders = air(order("l", do="live", start=at(7, 6, 30), end=at(7, 30)))
    assert _story(body, orders) == [
        (time(7, 2, 1), time(7, 2, 1), "c", "late"),
        (time(7), time(7, 5), "a", "pre-empted"),
        (time(7, 5), time(7, 6), "b", "end"),
        (time(7, 6), time(7, 6, 30), "a", "pre-empted"),
        (time(7, 20, 31), time(7, 20, 31), "a", "late"),
        (time(7, 6, 30), time(7, 30), "l", "end"),
    ]


def test_a_stop_ends_the_stretch_it_cuts():
    assert _story(plan(slot("a", time(7))), air(order("s", do="stop", start=at(7, 2)))) == [(time(7), time(7, 2), "a", "stopped")]


def test_lengths_can_be_told():
    body = plan(slot("a", time(7)))
    assert _story(body, length_ms=lambda item: 61_500) == [(time(7), time(7, 1, 1), "a", "end")]


def test_what_cannot_be_planned_is_refused():
    try:
        _story(plan(slot("a", time(7), bulletin="gone")))
        raise AssertionError("taken")
    except Refused as refused:
        assert refused.code == SLOT
