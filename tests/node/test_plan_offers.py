"""Between areas only `urgent` ranks from above: everything else is what the commune's plan makes of it."""

from support_plan import HAMLET, D, agenda, air, at, heard, order, plan, settle, slot, time, why

from node.plan.agenda import Agenda
from node.refusal import SLOT, Refused

FROM_ABOVE = plan(slot("o", time(7), rank=40), slot("u", time(8), bulletin="flood"))


def _under(**commune):
    held = agenda(slot("own", time(12)), **commune)
    held.put_plan("p", FROM_ABOVE)
    return held


def _offer(**members):
    offer = {"area": "p", "slot": "o"}
    offer.update(members)
    return [offer]


def test_an_offer_that_nobody_takes_is_not_played():
    held = _under()
    decision = settle(held, at(7))
    assert (decision.item, decision.dropped, decision.wake) == (None, [], at(8))


def test_urgent_from_above_asks_nobody():
    held = Agenda(HAMLET, "n", D)
    held.put_plan("p", FROM_ABOVE)
    assert heard(held, at(8)) == "u|" + str(at(8))
    omitted = _under(offers=[{"area": "p", "slot": "u", "omit": True, "at": [0]}])
    assert heard(omitted, at(8)) == "u|" + str(at(8))


def test_the_commune_accepts_all_but_what_it_omits():
    assert heard(_under(accept=True), at(7)) == "o|" + str(at(7))
    assert heard(_under(accept=True, offers=_offer(omit=True)), at(7)) is None


def test_an_offer_named_is_taken_placed_and_ranked():
    assert heard(_under(offers=_offer()), at(7)) == "o|" + str(at(7))
    held = _under(offers=_offer(at=[time(12)], rank=60))
    assert settle(held, at(7)).item is None
    item = settle(held, at(12)).item
    assert item.origin == "own"
    held.ended(item.key)
    item = settle(held, at(12, 10)).item
    assert (item.audience, item.key, item.precedence) == ("p", "p|o|" + str(at(12)), 60)


def test_the_order_in_which_plans_come_does_not_matter():
    early = Agenda(HAMLET, "n", D)
    early.put_plan("p", FROM_ABOVE)
    early.put_plan("p/c", plan(slot("own", time(12)), offers=_offer(at=[time(9)])))
    assert heard(early, at(7)) is None and heard(early, at(9)) == "o|" + str(at(9))


def test_repeats_of_a_placed_offer_end_at_midnight():
    held = Agenda(HAMLET, "n", D)
    held.put_plan("p", plan(slot("o", time(7), repeat=3)))
    held.put_plan("p/c", plan(offers=_offer(at=[time(23, 50)])))
    decision = settle(held, at(23, 50))
    held.ended(decision.item.key)
    assert settle(held, at(0, 0, 0, 1)).wake == at(23, 50, 0, 1)


def test_omitted_while_on_the_air_is_reported_as_omitted():
    held = _under(accept=True)
    key = settle(held, at(7)).item.key
    held.put_plan("p/c", plan(slot("own", time(12)), accept=True, offers=_offer(omit=True)))
    decision = settle(held, at(7, 5))
    assert decision.item is None
    assert [(item.key, reason) for item, reason in decision.dropped] == [(key, "omitted")]


def test_withdrawn_from_above_is_superseded():
    held = _under(accept=True)
    settle(held, at(7))
    held.put_plan("p", plan(slot("x", time(9))))
    assert why(settle(held, at(7, 5))) == {"o|" + str(at(7)): "superseded"}


def test_a_hamlets_plan_stands_beside_its_communes():
    held = agenda(slot("c", time(7), rank=60))
    held.put_plan("p/c/h", plan(slot("h", time(7), rank=40), slot("i", time(7), rank=70)))
    names = []
    for minute in (0, 10):
        item = settle(held, at(7, minute)).item
        names.append(item.origin)
        held.ended(item.key)
    assert names == ["h", "c"]
    assert why(settle(held, at(7, 20))) == {"i|" + str(at(7)): "late"}


def test_orders_from_above_are_offers_too():
    held = _under()
    held.put_air("p", air(order("n1", end=at(9)), order("u1", rank="urgent", end=at(9))))
    assert heard(held, at(6)) == "u1"
    held.ended("p|u1")
    assert settle(held, at(6)).item is None
    held.ended(settle(held, at(8)).item.key)
    assert why(settle(held, at(9))) == {"n1": "omitted"}
    accepting = _under(accept=True)
    accepting.put_air("p", air(order("n1", end=at(9))))
    assert heard(accepting, at(6)) == "n1"


def test_an_order_omitted_by_name_is_reported_at_once():
    held = _under(accept=True, offers=[{"area": "p", "slot": "n1", "omit": True}])
    held.put_air("p", air(order("n1")))
    assert why(settle(held, at(6))) == {"n1": "omitted"}


def test_a_stop_from_above_needs_the_same_leave():
    stop = air(order("s", do="stop", rank="priority", start=at(12)))
    held = _under()
    held.put_air("p", stop)
    assert heard(held, at(12)) == "own|" + str(at(12))
    held = _under(accept=True)
    held.put_air("p", stop)
    assert why(settle(held, at(12)))["own|" + str(at(12))] == "stopped"


def test_offers_that_cannot_be_are_refused():
    for offers in (_offer() + _offer(), [{"area": "p/c", "slot": "o"}], [{"area": "q", "slot": "o"}], [{"area": "p/c/h", "slot": "o"}]):
        try:
            agenda(offers=offers)
            raise AssertionError("taken")
        except Refused as refused:
            assert refused.code == SLOT
