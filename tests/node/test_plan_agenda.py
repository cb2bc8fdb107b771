"""The agenda interrupts and resumes, remembers across documents and reboots, reports everything it drops once, and works in small steps."""

from support_plan import DAY, HAMLET, D, agenda, air, at, bulletin, heard, order, plan, settle, slot, time, why

from node.plan.agenda import Agenda

A = "a|" + str(at(7))


def test_nothing_is_done_before_the_time_is_known():
    held = agenda(slot("a", time(7)))
    held.put_air("p/c", air(order("u", rank="urgent"), order("v", do="volume", volume=3)))
    decision = held.decide(at(7), False)
    assert (decision.item, decision.volume, decision.dropped, decision.wake, decision.upcoming) == (None, None, [], None, None)
    assert heard(held, at(7)) == "u"


def test_urgent_interrupts_and_the_interrupted_resumes_where_it_was():
    held = agenda(slot("a", time(7)))
    key = settle(held, at(7)).item.key
    held.put_air("p/c", air(order("u", rank="urgent", start=at(7, 3))))
    assert heard(held, at(7, 3)) == "u"
    held.progress(key, 180_000)
    held.ended("p/c|u")
    item = settle(held, at(7, 4)).item
    assert (item.key, item.resume_ms) == (key, 180_000)
    held.ended(key)
    decision = settle(held, at(7, 11))
    assert (decision.item, decision.dropped, decision.wake) == (None, [], at(7, 0, 0, 1))


def test_what_cannot_resume_any_more_is_dropped_once():
    held = agenda(slot("a", time(7)))
    key = settle(held, at(7)).item.key
    held.put_air("p/c", air(order("u", rank="urgent", start=at(7, 3))))
    settle(held, at(7, 3))
    held.progress(key, 180_000)
    assert settle(held, at(7, 18)).dropped == []
    decision = settle(held, at(7, 18, 1))
    assert why(decision) == {A: "late"} and decision.dropped[0][0].resume_ms == 180_000
    assert settle(held, at(7, 19)).dropped == []
    held.ended("p/c|u")
    assert settle(held, at(7, 20)).item is None


def test_on_the_air_goes_before_rank_and_rank_before_start():
    held = agenda(slot("a", time(7), rank=90), slot("b", time(7, 1), rank=20), slot("c", time(7, 2), rank=10))
    assert heard(held, at(7)) == A
    assert heard(held, at(7, 2)) == A
    held.ended("p/c|" + A)
    assert heard(held, at(7, 10)) == "c|" + str(at(7, 2))


def test_equals_go_by_start_then_key():
    held = agenda(slot("z", time(7), late=3600), slot("y", time(7), late=3600), slot("a", time(7, 1), late=3600))
    names = []
    for minute in (5, 15, 25):
        item = settle(held, at(7, minute)).item
        names.append(item.origin)
        held.ended(item.key)
    assert names == ["y", "z", "a"]


def test_wake_is_when_something_can_change():
    held = agenda(slot("a", time(7)), slot("b", time(7, 5)), slot("c", time(7, 2)))
    assert settle(held, at(6)).wake == at(7)
    assert settle(held, at(7)).wake == at(7, 2)
    assert settle(held, at(7, 6)).wake == at(7, 17, 1)  # `c` is late then
    assert Agenda(HAMLET, "n").decide(D, True).wake is None


def test_a_new_plan_keeps_what_is_on_the_air():
    held = agenda(slot("a", time(7)))
    settle(held, at(7))
    held.put_plan("p/c", plan(slot("a", time(7), time(12)), slot("b", time(7), rank=1), iat=at(7, 5)))
    assert heard(held, at(7, 5)) == A
    held.put_plan("p/c", plan(slot("a", time(6, 58), time(7, 8)), slot("b", time(9)), iat=at(7, 5)))
    decision = settle(held, at(7, 6))
    assert why(decision) == {A: "superseded", "b|" + str(at(7)): "superseded"}
    assert decision.item.key == "p/c|a|" + str(at(6, 58))


def test_a_new_plan_keeps_the_air_even_past_its_late_window():
    held = agenda(slot("a", time(7), late=60))
    settle(held, at(7))
    held.put_plan("p/c", plan(slot("a", time(7), late=60), iat=at(7, 8)))
    assert heard(held, at(7, 9)) == A


def test_an_older_start_added_to_a_slot_does_not_cut_the_one_on_the_air():
    held = agenda(slot("a", time(7), bulletin="notice"))
    settle(held, at(7))
    held.put_plan("p/c", plan(slot("a", time(6, 55), time(7), bulletin="notice")))
    assert heard(held, at(7)) == A
    held.ended("p/c|" + A)
    assert heard(held, at(7, 1)) == "a|" + str(at(6, 55))


def test_what_waits_and_is_in_the_new_plan_no_more_is_superseded():
    held = agenda(slot("a", time(7)), slot("b", time(7, 1)), slot("c", time(9)))
    settle(held, at(7, 1))
    held.put_plan("p/c", plan(slot("a", time(7))))
    decision = settle(held, at(7, 2))
    assert decision.item.origin == "a" and why(decision) == {"b|" + str(at(7, 1)): "superseded"}
    assert settle(held, at(7, 3)).dropped == []


def test_what_waits_and_would_be_too_late_for_the_new_plan_is_superseded():
    held = agenda(slot("a", time(7)))
    held.put_air("p/c", air(order("u", rank="urgent", start=at(7))))
    settle(held, at(7, 5))
    held.put_plan("p/c", plan(slot("a", time(7), late=60), iat=at(7, 5)))
    assert why(settle(held, at(7, 5))) == {A: "superseded"}


def test_ended_is_ended_whatever_plan_comes():
    held = agenda(slot("a", time(7)))
    held.ended(settle(held, at(7)).item.key)
    held.put_plan("p/c", plan(slot("b", time(9))))
    settle(held, at(7, 1))
    held.put_plan("p/c", plan(slot("a", time(7))))
    assert settle(held, at(7, 2)).item is None


def test_a_plan_owes_nothing_from_before_it_was_signed():
    held = agenda(slot("a", time(7)), slot("b", time(11, 50)), iat=at(12))
    decision = settle(held, at(12))
    assert heard(held, at(12)) == "b|" + str(at(11, 50)) and decision.dropped == []


def test_an_expired_plan_starts_nothing_and_finishes_what_sounds():
    held = agenda(slot("a", time(7)), slot("b", time(7, 1)), exp=at(7, 5))
    settle(held, at(7))
    decision = settle(held, at(7, 5))
    assert decision.item.origin == "a" and why(decision) == {"b|" + str(at(7, 1)): "expired"}


def test_after_a_power_cut_it_goes_on_where_it_was():
    held = agenda(slot("a", time(7)), slot("b", time(6)))
    held.restore("p/c|a|" + str(at(7)), 120_000, False)
    held.restore("p/c|b|" + str(at(6)), 0, True)
    decision = settle(held, at(7, 3))
    assert (decision.item.origin, decision.item.resume_ms, decision.dropped) == ("a", 120_000, [])


def test_after_a_power_cut_what_was_missed_is_reported():
    held = agenda(slot("a", time(7)), slot("b", time(6)), slot("c", time(11, 55)))
    held.restore("p/c|a|" + str(at(7)), 120_000, False)
    decision = settle(held, at(12))
    assert decision.item.origin == "c" and why(decision) == {A: "late", "b|" + str(at(6)): "late"}


def test_orders_already_done_are_not_done_again_after_a_reboot():
    held = agenda()
    held.put_air("p/c", air(order("x", repeat=3), order("y")))
    for key in ("p/c|x", "p/c|x#2", "p/c|y"):
        held.restore(key, 0, True)
    assert heard(held, at(7)) == "x#3"


def test_what_had_begun_and_has_no_document_after_the_reboot_is_superseded():
    held = Agenda(HAMLET, "n", D)
    for key in ("p/c|gone|" + str(at(7)), "p/c|order", "p/c|order#2"):
        held.restore(key, 5_000, False)
    assert settle(held, at(7)).dropped == []  # no document has come yet that could say so
    held.put_plan("p/c", plan())
    decision = settle(held, at(7, 1))
    assert why(decision) == {"gone|" + str(at(7)): "superseded"} and decision.dropped[0][0].resume_ms == 5_000
    held.put_air("p/c", air())
    assert why(settle(held, at(7, 2))) == {"order": "superseded", "order#2": "superseded"}


def test_what_had_begun_and_never_finds_a_document_is_given_up_after_two_days():
    held = Agenda(HAMLET, "n", D)
    held.restore("p/c|order", 5_000, False)
    seen = {}
    for hour in range(60):
        seen.update(why(settle(held, at(0) + hour * 3600)))
    assert seen == {"order": "superseded"}


def test_progress_after_the_end_changes_nothing():
    held = agenda(slot("a", time(7)))
    settle(held, at(7))
    held.put_plan("p/c", plan())
    assert why(settle(held, at(7, 1))) == {A: "superseded"}
    held.progress("p/c|" + A, 60_000)
    held.put_plan("p/c", plan(rev=3))
    assert settle(held, at(7, 2)).dropped == []


def test_upcoming_names_each_bulletin_once_soonest_first():
    held = agenda(
        slot("a", time(12), time(8)),
        slot("b", time(9)),
        slot("c", time(7), bulletin="notice"),
        slot("d", time(7), dates=[20261006], bulletin="flood"),
    )
    held.put_air("p/c", air(order("x", start=at(10)), order("s", do="siren", start=at(10))))
    needs = settle(held, at(6)).upcoming
    assert [need[:2] for need in needs] == [
        (at(7), "notice"),
        (at(8), "news"),
        (at(10), "x"),
        (at(7, 0, 0, 1), "flood"),
    ]
    assert needs[1][2:] == (bulletin("normal", 600), "http://station/f")
    held.ended(settle(held, at(7)).item.key)
    assert [need[1] for need in settle(held, at(7, 1)).upcoming] == ["news", "x", "flood", "notice"]


def test_a_leap_of_the_clock_is_walked_in_steps_and_keeps_the_air():
    held = agenda(*[slot("s" + str(index), time(7, index), time(8, index), bulletin="notice", late=0) for index in range(40)])
    key = settle(held, at(7)).item.key
    calls = 0
    dropped = []
    while True:
        decision = held.decide(at(9), True)
        calls += 1
        dropped.extend(decision.dropped)
        assert len(decision.dropped) <= 16 and decision.item.key == key
        if decision.wake > at(9):
            break
        assert decision.upcoming is None  # nobody may throw away what it does not name yet
    assert decision.upcoming
    assert calls > 3 and len(dropped) == 78  # all but what sounds and its slot's next, which waits for it
    assert len({item.key for item, _ in dropped}) == 78 and {reason for _, reason in dropped} == {"late"}


def test_only_a_day_is_accounted_for_after_a_long_absence():
    held = Agenda(HAMLET, "n")
    held.put_plan("p/c", plan(slot("a", time(7)), iat=D - 9 * DAY))
    assert why(settle(held, at(12))) == {A: "late"}


def test_history_does_not_grow_for_ever():
    held = agenda(slot("a", *[time(hour) for hour in range(24)], bulletin="flood"), exp=D + 400 * DAY)
    for hour in range(24 * 60):
        now = D + hour * 3600
        if hour % 24 == 0:
            held.put_air("p/c", air(order("o" + str(hour), rank="urgent", start=now, end=now + 60), exp=now + DAY))
        while True:
            item = settle(held, now).item
            if item is None:
                break
            held.ended(item.key)
    assert sum([len(numbers) for numbers in held._history._over.values()]) < 24 * 2 + 32 + 4


def test_a_clock_that_was_wrong_for_a_while_costs_no_later_playing():
    """Whoever answers SNTP can put the clock forward; when it is put right the plan goes on, and what was given up too early is played."""
    for wrong in (at(9), at(6, 0, 0, 2), at(6, 0, 0, 20), at(6, 0, 0, 400)):
        held = agenda(slot("a", time(7)), slot("b", time(8), dates=[20261005]))
        assert settle(held, at(6)).item is None
        settle(held, wrong)
        assert settle(held, at(6, 30)).wake == at(7), wrong
        assert heard(held, at(7)) == A
        held.ended("p/c|" + A)
        assert heard(held, at(8)) == "b|" + str(at(8))
        held.ended("p/c|b|" + str(at(8)))
        assert settle(held, at(9)).item is None
        assert heard(held, at(7, 0, 0, 1)) == "a|" + str(at(7, 0, 0, 1))


def test_what_is_postponed_makes_way_and_comes_back_while_it_may():
    held = agenda(slot("a", time(7)), slot("b", time(7, 1)))
    key = settle(held, at(7)).item.key
    held.postpone(key, at(7, 0, 10))
    decision = settle(held, at(7))
    assert (decision.item, decision.dropped, decision.wake) == (None, [], at(7, 0, 10))
    assert settle(held, at(7, 0, 10)).item.key == key
    held.postpone(key, at(7, 20))
    assert heard(held, at(7, 1)) == "b|" + str(at(7, 1))
    assert why(settle(held, at(7, 15, 1))) == {A: "late"}


def test_plan_steps_yield_and_take_effect_at_the_end():
    held = agenda(slot("a", time(7)))
    steps = held.plan_steps("p/c", plan(slot("b", time(7)), slot("c", time(9))))
    next(steps)
    next(steps)
    assert heard(held, at(7)) == A
    assert list(steps) == []
    assert why(settle(held, at(7))) == {A: "superseded"}
