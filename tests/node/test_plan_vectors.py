"""`tests/vectors/plan.json`: documents, times and what an agenda decides of them, the same on every runtime."""

import json

from support_plan import settle

from node.plan.agenda import Agenda
from node.refusal import Refused

_VECTORS = __file__.replace("\\", "/").rsplit("/node/", 1)[0] + "/vectors/plan.json"


def _put(take, audience, body):
    try:
        take(audience, body)
    except Refused as refused:
        return refused.code
    return None


def _decided(held, now, known):
    decision = settle(held, now) if known else held.decide(now, False)
    item = decision.item
    return {
        "item": item and item.key,
        "resume_ms": item.resume_ms if item else 0,
        "volume": decision.volume,
        "dropped": sorted([[dropped.key, why] for dropped, why in decision.dropped]),
        "wake": decision.wake,
        "upcoming": [list(need[:2]) for need in decision.upcoming or ()],
    }


def _run(step, held):
    if "plan" in step:
        assert _put(held.put_plan, step["plan"], step["body"]) == step.get("refused")
    elif "air" in step:
        assert _put(held.put_air, step["air"], step["body"]) == step.get("refused")
    elif "restore" in step:
        held.restore(step["restore"], step["progress_ms"], step["done"])
    elif "progress" in step:
        held.progress(step["progress"], step["ms"])
    elif "ended" in step:
        held.ended(step["ended"])
    else:
        for name, value in _decided(held, step["decide"], step["known"]).items():
            assert value == step[name], (name, value, step[name])


def test_decisions_are_as_written():
    with open(_VECTORS) as file:
        cases = json.load(file)["cases"]
    for case in cases:
        held = Agenda(case["area"], case["node"], case["since"])
        for number, step in enumerate(case["steps"]):
            try:
                _run(step, held)
            except AssertionError as failed:
                raise AssertionError("{}, step {}: {}".format(case["case"], number, failed))


def test_the_bodies_have_the_shape_of_the_wire():
    from node.bus.documents import table_of
    from node.bus.schema import check

    with open(_VECTORS) as file:
        cases = json.load(file)["cases"]
    for case in cases:
        for step in case["steps"]:
            if "body" in step:
                check(table_of("plan" if "plan" in step else "air"), step["body"], "")
