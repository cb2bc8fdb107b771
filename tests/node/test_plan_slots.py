"""Slots fall on the days and times they say, wait no longer than they may, and are refused when they can never be played."""

from support_plan import DAY, D, agenda, at, heard, plan, settle, slot, time, why

from node.plan.agenda import Agenda
from node.plan.forecast import forecast
from node.refusal import MALFORMED, SLOT, Refused


def _starts(body, days, audience="p/c"):
    """Starts of all that would be played in the first `days` days, as (day, second after midnight)."""
    return sorted(
        {((item.start - D) // DAY, (item.start - D) % DAY) for _, _, item, _ in forecast("p/c/h", {audience: body}, {}, D, D + days * DAY)}
    )


def _days(record, days=14):
    return [day for day, _ in _starts(plan(record), days)]


def _refusal(*slots, **members):
    try:
        agenda(*slots, **members)
    except Refused as refused:
        return refused.code
    return None


def test_without_days_it_holds_every_day():
    assert _days(slot("a", time(7)), 5) == [0, 1, 2, 3, 4]


def test_weekdays_count_from_monday():
    assert _days(slot("a", time(7), days=[1, 3, 7])) == [0, 2, 6, 7, 9, 13]


def test_exceptions_and_first_and_last_day():
    record = slot("a", time(7), days=[1, 2], **{"except": [20261006], "from": 20261006, "until": 20261013})
    assert _days(record, 21) == [7, 8]


def test_dates():
    assert _days(slot("a", time(7), dates=[20261012, 20261005, 20261008], **{"except": [20261008]})) == [0, 7]


def test_repeats_keep_their_gap_after_the_longest_variant():
    assert _starts(plan(slot("a", time(7), time(12), repeat=2, gap=30)), 1) == [
        (0, time(hour, minute, second)) for hour, minute, second in ((7, 0, 0), (7, 10, 30), (12, 0, 0), (12, 10, 30))
    ]


def test_plan_expires():
    assert _starts(plan(slot("a", time(7)), exp=at(7, 0, 0, 2)), 9) == [(0, time(7)), (1, time(7))]


def test_local_times_follow_a_change_of_the_offset():
    zone = {"name": "x", "offsets": [[0, 420], [at(2), 480]]}  # at 02:00 the clock shows 03:00
    starts = _starts(plan(slot("a", time(1)), slot("b", time(2, 30)), slot("c", time(3, 10)), zone=zone), 2)
    assert starts == [(0, time(1)), (0, time(2, 10)), (0, time(2, 30)), (1, time(0)), (1, time(1, 30)), (1, time(2, 10))]


def test_a_start_that_the_clock_moves_over_midnight_is_of_the_day_before():
    zone = {"name": "x", "offsets": [[0, 420], [at(23, 30), 480]]}  # at 23:30 the clock shows 00:30
    held = Agenda("p/c/h", "n", at(23, 40))
    held.put_plan("p/c", plan(slot("a", time(23, 45), dates=[20261005]), zone=zone))
    assert heard(held, at(23, 45)) == "a|" + str(at(23, 45))
    held.put_plan("p/c", plan(slot("a", time(23, 45), dates=[20261005]), zone=zone, rev=2))
    decision = settle(held, at(23, 46))
    assert decision.item.origin == "a" and decision.dropped == []


def test_only_is_for_the_named_parts():
    body = plan(slot("here", time(7), only=["p/c/h"]), slot("there", time(8), only=["p/c/g"]))
    assert _starts(body, 1) == [(0, time(7))]


def test_it_may_start_until_its_late_window_closes():
    for late, now, expected in ((900, at(7, 15), "a|" + str(at(7))), (0, at(7), "a|" + str(at(7))), (0, at(7, 0, 1), None)):
        assert heard(agenda(slot("a", time(7), late=late)), now) == expected
    missed = agenda(slot("a", time(7)))
    assert why(settle(missed, at(7, 15, 1))) == {"a|" + str(at(7)): "late"}
    assert settle(missed, at(7, 15, 2)).dropped == []


def test_what_was_heard_is_not_late_when_it_goes_on():
    held = agenda(slot("a", time(7), late=60))
    key = settle(held, at(7)).item.key
    held.progress(key, 300_000)
    held.put_plan("p/c", plan(slot("a", time(7), late=60), slot("b", time(7, 5), bulletin="notice")))
    assert heard(held, at(7, 5)) == "b|" + str(at(7, 5))
    item = settle(held, at(7, 5)).item
    held.ended(item.key)
    back = settle(held, at(7, 6)).item
    assert (back.key, back.resume_ms) == (key, 300_000)


def test_quiet_hours_hold_back_and_let_finish():
    held = agenda(slot("a", time(21, 55)), slot("b", time(21, 58), late=7200), quiet=[[time(22), time(5)]])
    assert heard(held, at(21, 58)) == "a|" + str(at(21, 55))
    item = settle(held, at(22, 1)).item
    assert item.origin == "a"
    held.ended(item.key)
    assert settle(held, at(22, 5)).item is None
    assert why(settle(held, at(23, 58, 1))) == {"b|" + str(at(21, 58)): "quiet"}


def test_what_waits_through_quiet_hours_plays_after_them():
    held = agenda(slot("a", time(12, 30), late=3600), quiet=[[time(12), time(13)]])
    decision = settle(held, at(12, 30))
    assert decision.item is None and decision.wake == at(13)
    assert heard(held, at(13)) == "a|" + str(at(12, 30))


def test_quiet_hours_do_not_bind_urgent():
    assert heard(agenda(slot("a", time(23), bulletin="flood"), quiet=[[time(22), time(5)]]), at(23)) == "a|" + str(at(23))


def test_impossible_days_are_refused():
    for members in (
        {"dates": [20260231]},
        {"except": [20260431]},
        {"from": 20270229},
        {"from": 20261010, "until": 20261009},
        {"days": [1], "dates": [20261012]},
        {"dates": [20261001]},
        {"until": 20261003},
        {"dates": [20261012], "except": [20261012]},
        {"days": [3], "from": 20261005, "until": 20261006},
    ):
        assert _refusal(slot("a", time(7), **members)) == SLOT, members
    assert _refusal(slot("a", time(7), dates=[20261005])) is None
    assert _refusal(slot("a", time(23, 55), dates=[20261004])) is None  # it may still be on the air


def test_impossible_times_are_refused():
    for record in (
        slot("a", time(7), time(7)),
        slot("a", time(7), time(7, 9, 59)),
        slot("a", time(7), time(7, 20), repeat=2, gap=1),
        slot("a", time(23, 50), repeat=2),
        slot("a", time(2), repeat=20, gap=3600),
    ):
        assert _refusal(record) == SLOT, record
    assert _refusal(slot("a", time(7), time(7, 10))) is None
    assert _refusal(slot("a", time(7), time(7, 20), repeat=2)) is None
    assert _refusal(slot("a", time(23, 59, 59))) is None


def test_a_slot_wholly_in_quiet_hours_is_refused():
    quiet = [[time(22), time(5)], [time(5), time(6)]]
    assert _refusal(slot("a", time(23), time(4, 50)), quiet=quiet) == SLOT
    assert _refusal(slot("a", time(23), time(5, 50)), quiet=quiet) is None
    assert _refusal(slot("a", time(23), bulletin="flood"), quiet=quiet) is None
    assert _refusal(slot("a", time(9)), quiet=[[0, DAY]]) == SLOT


def test_other_impossible_slots_are_refused():
    assert _refusal(slot("a", time(7), bulletin="gone")) == SLOT
    assert _refusal(slot("a", time(7)), slot("a", time(8))) == SLOT
    assert _refusal(slot("a", time(7), only=["p/c/h", "p/x"])) == SLOT
    assert _refusal(slot("a", time(7), only=["p"])) == SLOT
    many = [slot("s" + str(index), *[time(hour, index) for hour in range(24)]) for index in range(22)]
    assert _refusal(*many) == SLOT
    assert _refusal(*many[:21]) is None


def test_zones_and_quiet_hours_that_make_no_sense_are_malformed():
    for offsets in ([[0, 420], [0, 480]], [[5, 0], [4, 0]], [[0, 1441]]):
        assert _refusal(zone={"name": "x", "offsets": offsets}) == MALFORMED
    assert _refusal(quiet=[[3600, 3600]]) == MALFORMED


def test_a_refused_plan_changes_nothing():
    held = agenda(slot("a", time(7)))
    try:
        held.put_plan("p/c", plan(slot("b", time(8)), slot("c", time(8), bulletin="gone")))
        raise AssertionError("taken")
    except Refused as refused:
        assert refused.code == SLOT and "gone" in refused.reason
    assert heard(held, at(7)) == "a|" + str(at(7))
    assert settle(held, at(8)).item.origin == "a"


def test_plans_of_foreign_areas_are_refused():
    for audience in ("p/x", "p/c/g", "node/n"):
        try:
            Agenda("p/c/h", "n").put_plan(audience, plan())
            raise AssertionError("taken")
        except Refused as refused:
            assert refused.code == "audience"
