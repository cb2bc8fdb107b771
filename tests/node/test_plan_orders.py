"""Orders override the schedule for as long as they say, are done once, and never silently disappear."""

from support_plan import HAMLET, D, agenda, air, at, bulletin, heard, order, plan, settle, slot, time, why

from node.plan.agenda import Agenda
from node.refusal import LIVE_REFUSED, MALFORMED, SLOT, Refused


def _ordered(*orders, **members):
    held = agenda(slot("a", time(7)), slot("b", time(7, 5), bulletin="notice"))
    held.put_air("p/c", air(*orders, **members))
    return held


def _refusal(*orders, **members):
    audience = members.pop("audience", "p/c")
    try:
        Agenda(HAMLET, "n").put_air(audience, air(*orders, **members))
    except Refused as refused:
        return refused.code
    return None


def test_an_order_holds_from_until():
    held = _ordered(order("x", start=at(6), end=at(6, 1)))
    assert settle(held, at(5)).wake == at(6)
    assert heard(held, at(6)) == "x"
    held = _ordered(order("x", start=at(6), end=at(6, 1)))
    decision = settle(held, at(6, 1))
    assert decision.item is None and why(decision) == {"x": "expired"}


def test_an_order_holds_no_longer_than_its_document():
    held = _ordered(order("x", start=at(6), end=at(9)), exp=at(6, 30))
    assert why(settle(held, at(6, 30))) == {"x": "expired"}


def test_a_file_that_has_begun_is_heard_to_its_end_but_a_live_stream_is_left():
    held = _ordered(order("x", start=at(6), end=at(6, 1)))
    settle(held, at(6))
    assert heard(held, at(6, 2)) == "x"
    held = _ordered(order("l", do="live", start=at(6), end=at(6, 1)))
    assert settle(held, at(6)).wake == at(6, 1)
    decision = settle(held, at(6, 1))
    assert decision.item is None and decision.dropped == []


def test_what_was_cut_does_not_resume_after_until():
    held = _ordered(order("x", start=at(6), end=at(6, 1)), order("u", rank="urgent", start=at(6, 0, 30), end=at(6, 5)))
    settle(held, at(6))
    assert heard(held, at(6, 0, 30)) == "u"
    held.progress("p/c|x", 15_000)
    assert why(settle(held, at(6, 1))) == {"x": "expired"}


def test_an_order_of_a_class_goes_before_a_slot_of_it_but_does_not_cut_it():
    held = _ordered(order("x", start=at(7)))
    assert heard(held, at(7)) == "x"
    held = _ordered(order("x", start=at(7, 1)))
    settle(held, at(7))
    assert heard(held, at(7, 1)) == "a|" + str(at(7))


def test_live_goes_before_files_of_its_class_only():
    held = _ordered(order("l", do="live", start=at(7, 1), end=at(7, 9)))
    settle(held, at(7))
    assert heard(held, at(7, 1)) == "l"
    assert heard(held, at(7, 5)) == "b|" + str(at(7, 5))


def test_repeats_have_keys_of_their_own():
    held = _ordered(order("x", repeat=3, start=at(6), end=at(6, 10)))
    for key in ("x", "x#2"):
        assert heard(held, at(6)) == key
        held.ended("p/c|" + key)
    assert why(settle(held, at(6, 10))) == {"x#3": "expired"}


def test_an_order_that_has_ended_is_not_done_again_under_a_higher_revision():
    held = _ordered(order("x", start=at(6)))
    held.ended(settle(held, at(6)).item.key)
    held.put_air("p/c", air(order("x", start=at(6)), rev=2))
    assert settle(held, at(6, 1)).item is None
    held.put_air("p/c", air(rev=3))
    settle(held, at(6, 2))
    held.put_air("p/c", air(order("x", start=at(6), end=at(23)), rev=4))
    assert settle(held, at(6, 3)).item is None


def test_an_order_that_is_gone_is_superseded_once():
    held = _ordered(order("x", start=at(6)), order("later", start=at(9)))
    settle(held, at(6))
    held.put_air("p/c", air())
    decision = settle(held, at(6, 1))
    assert decision.item is None and why(decision) == {"x": "superseded"}
    assert settle(held, at(9)).dropped[0][0].origin == "a"  # nothing of `later`, which was never due


def test_past_orders_of_a_new_document_are_nobodys_loss():
    held = agenda()
    held.put_air("p/c", air(order("x", start=at(5), end=at(6)), iat=at(6)))
    decision = settle(held, at(7))
    assert decision.item is None and decision.dropped == []


def test_an_order_that_ended_more_than_a_day_ago_is_nobodys_loss():
    """Its document may stand for weeks, and the journal forgets."""
    assert why(settle(_ordered(order("x", start=at(5), end=at(6))), at(6, day=1))) == {
        "x": "expired",
        "b|" + str(at(7, 5)): "late",
        "a|" + str(at(7)): "late",
    }
    assert "x" not in why(settle(_ordered(order("x", start=at(5), end=at(6))), at(6, 1, day=1)))


def test_an_order_that_expired_by_a_clock_that_was_ahead_is_played_once_it_is_put_right():
    for wrong in (at(6, 20), at(9), at(6, day=2), at(6, day=400)):
        for revision in (1, 2):
            held = _ordered(order("x", start=at(6), end=at(6, 10), repeat=2), order("heard", start=at(5), end=at(6, 10)))
            held.ended(settle(held, at(5)).item.key)
            settle(held, wrong)
            if revision == 2:
                held.put_air(
                    "p/c", air(order("x", start=at(6), end=at(6, 10), repeat=2), order("heard", start=at(5), end=at(6, 10)), rev=2)
                )
                settle(held, wrong)
            decision = settle(held, at(6, 1))
            assert decision.item.key == "p/c|x" and decision.item.until == at(6, 10), wrong
            assert [need[1] for need in decision.upcoming][:1] == ["x"]
            held.ended("p/c|x")
            assert heard(held, at(6, 2)) == "x#2"
            held.ended("p/c|x#2")
            assert settle(held, at(6, 3)).item is None, "what was heard is not heard again"


def test_a_live_stream_that_was_left_by_a_clock_that_was_ahead_is_joined_again():
    held = _ordered(order("l", do="live", start=at(6), end=at(6, 10)))
    settle(held, at(6))
    assert settle(held, at(6, 30)).item is None
    held.ended("p/c|l")
    assert heard(held, at(6, 2)) == "l"


def test_what_was_heard_of_an_order_counts_where_a_clock_that_was_ahead_ended_it():
    held = _ordered(order("x", start=at(6), end=at(6, 10)), order("u", rank="urgent", start=at(6, 1), end=at(6, 2)))
    settle(held, at(6))
    assert heard(held, at(6, 1)) == "u"
    held.progress("p/c|x", 7_000)
    held.ended("p/c|u")
    held.postpone("p/c|x", at(6, 40))
    assert why(settle(held, at(6, 30)))["x"] == "expired"
    assert settle(held, at(6, 2)).item.resume_ms == 7_000


def test_an_order_that_expired_stays_so_where_the_clock_goes_back_by_seconds():
    held = _ordered(order("x", start=at(6), end=at(6, 10)))
    assert why(settle(held, at(6, 10))) == {"x": "expired"}
    assert settle(held, at(6, 9, 30)).item is None


def test_an_order_is_for_its_parts_and_for_its_node():
    held = _ordered(order("x", only=["p/c/g"]), order("y", only=["p/c/g", "p/c/h"], start=at(6)))
    assert heard(held, at(6)) == "y"
    held.put_air("node/n", air(order("z", rank="priority", start=at(6))))
    assert settle(held, at(6)).item.key == "node/n|z"


def test_stop_silences_what_is_on_the_air_and_what_waits_up_to_its_class():
    stop = order("s", do="stop", start=at(7, 2), end=at(7, 4))
    held = _ordered(order("x", start=at(6, 59), repeat=2), stop, order("p1", rank="priority", start=at(7, 1)))
    assert heard(held, at(7)) == "x"
    assert heard(held, at(7, 1)) == "p1"
    held.progress("p/c|x", 5_000)
    decision = settle(held, at(7, 2))
    assert heard(held, at(7, 2)) == "p1"
    assert why(decision) == {"x": "stopped", "x#2": "stopped", "a|" + str(at(7)): "stopped"}
    held.ended("p/c|p1")
    assert settle(held, at(7, 3)).item is None
    assert heard(held, at(7, 5)) == "b|" + str(at(7, 5))


def test_stop_silences_slots_that_come_due_while_it_holds():
    held = _ordered(order("s", do="stop", start=at(6), end=at(8)))
    assert why(settle(held, at(7))) == {"a|" + str(at(7)): "stopped"}
    assert heard(held, at(7, 5)) == "b|" + str(at(7, 5))


def test_an_order_given_after_a_stop_is_heard():
    stop = order("s", do="stop", rank="urgent", start=at(6))
    assert heard(_ordered(stop, order("x", start=at(6, 1))), at(6, 1)) == "x"
    assert heard(_ordered(stop, order("x", start=at(6))), at(6)) == "x"
    assert why(settle(_ordered(order("x", start=at(6)), stop), at(6))) == {"x": "stopped"}


def test_stop_of_names_stops_only_those():
    held = _ordered(
        order("s", do="stop", rank="priority", of=["a", "x"], start=at(6), end=at(8)),
        order("x", start=at(6, 30)),
        order("y", start=at(6, 30)),
    )
    assert heard(held, at(6, 30)) == "y"
    held.ended("p/c|y")
    assert why(settle(held, at(7))) == {"a|" + str(at(7)): "stopped"}
    assert heard(held, at(7, 5)) == "b|" + str(at(7, 5))


def test_the_volume_order_of_the_highest_class_then_the_latest_then_the_nearest_counts():
    held = _ordered(
        order("v1", do="volume", volume=10, rank="priority", start=at(6), end=at(7)),
        order("v2", do="volume", volume=20, start=at(6, 30), end=at(9)),
        order("v3", do="volume", volume=30, start=at(6, 40), end=at(9)),
    )
    held.put_air("node/n", air(order("v4", do="volume", volume=40, start=at(6, 40), end=at(8))))
    volumes = [settle(held, moment).volume for moment in (at(5), at(6), at(6, 45), at(7, 1), at(8), at(9))]
    assert volumes == [None, 10, 10, 40, 30, None]


def test_a_volume_order_does_not_bind_a_higher_class():
    held = _ordered(order("v", do="volume", volume=0, start=at(6)), order("u", rank="urgent", start=at(6, 1), end=at(6, 2)))
    assert settle(held, at(6)).volume == 0
    decision = settle(held, at(6, 1))
    assert (decision.item.origin, decision.volume) == ("u", None)


def test_a_live_order_brings_its_fallbacks():
    held = _ordered(
        order("l", do="live", bulletin=bulletin("normal", 5), start=at(6)), order("c", do="siren", fallback="siren", start=at(6))
    )
    item = settle(held, at(6)).item
    assert (item.do, item.fallback, item.bulletin_id, item.live["url"], item.files) == (
        "live",
        "chime",
        "l",
        "https://station/live",
        "http://station/f",
    )
    held.ended(item.key)
    item = settle(held, at(6)).item
    assert (item.do, item.fallback, item.bulletin, item.live) == ("siren", "siren", None, None)


def test_orders_that_cannot_be_are_refused():
    assert _refusal(order("x", start=at(7), end=at(7))) == SLOT
    assert _refusal(order("x"), order("x")) == SLOT
    assert _refusal(order("x", only=["p/x"])) == SLOT
    assert _refusal(order("x", only=["p/c"]), audience="node/n") == SLOT
    assert _refusal(order("x", only=["p/c/h"]), audience="node/n") is None
    assert _refusal(order("x"), audience="node/m") == "audience"
    assert _refusal(order("x"), audience="p/x") == "audience"
    assert _refusal(order("x"), files=None) == MALFORMED
    for do in ("bulletin", "live", "volume"):
        lacking = order("x", do=do)
        lacking.pop(do, None)
        assert _refusal(lacking) == MALFORMED


def test_urgent_live_needs_tls():
    plain = {"url": "http://station/live", "codec": "pcm16", "rate": 24000}
    backup = {"url": "https://station/live", "backup": "http://station/b", "codec": "pcm16", "rate": 24000}
    for live in (plain, backup):
        assert _refusal(order("x", do="live", rank="urgent", live=live)) == LIVE_REFUSED
        assert _refusal(order("x", do="live", rank="priority", live=live)) is None


def test_a_refused_air_document_changes_nothing():
    held = _ordered(order("x", start=at(6)))
    try:
        held.put_air("p/c", air(order("y", rank="urgent"), order("z", start=at(7), end=at(6))))
        raise AssertionError("taken")
    except Refused as refused:
        assert "order z" in refused.reason
    assert heard(held, at(6)) == "x"


def test_the_plan_goes_on_without_any_air():
    held = Agenda(HAMLET, "n", D)
    held.put_air("p/c", air(order("x", start=at(6), end=at(6, 30))))
    held.put_plan("p/c", plan(slot("a", time(6))))
    assert heard(held, at(6)) == "x"
    held.ended("p/c|x")
    assert heard(held, at(6)) == "a|" + str(at(6))


def test_an_id_used_again_for_something_else_does_not_hide_what_it_was():
    held = _ordered(order("x", start=at(6)))
    settle(held, at(6))
    held.put_air("p/c", air(order("x", do="live", start=at(6), end=at(7)), iat=at(6, 2)))
    decision = settle(held, at(6, 2))
    assert decision.item is None and why(decision) == {"x": "superseded"}


def test_an_order_put_off_is_owed_later():
    held = _ordered(order("x", start=at(6)), order("u", rank="urgent", start=at(6), end=at(6, 1)))
    assert heard(held, at(6)) == "u"
    held.put_air("p/c", air(order("x", start=at(6, 30))))
    decision = settle(held, at(6, 1))
    assert decision.item is None and why(decision) == {"u": "superseded"}
    assert heard(held, at(6, 30)) == "x"


def test_a_live_order_made_to_end_sooner_is_left_sooner_and_one_made_to_end_in_the_past_is_withdrawn():
    held = _ordered(order("l", do="live", start=at(6), end=at(6, 30)))
    settle(held, at(6))
    held.put_air("p/c", air(order("l", do="live", start=at(6), end=at(6, 10)), iat=at(6, 5)))
    decision = settle(held, at(6, 5))
    assert (decision.item.until, decision.wake) == (at(6, 10), at(6, 10))
    held.put_air("p/c", air(order("l", do="live", start=at(6), end=at(6, 1)), iat=at(6, 6)))
    decision = settle(held, at(6, 6))
    assert decision.item is None and why(decision) == {"l": "superseded"}
