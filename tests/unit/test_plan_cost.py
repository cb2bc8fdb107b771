"""No step of the agenda takes longer than 20 ms on the board, counted in bytecodes: even where every area of the chain has a full plan.

A bytecode costs about 192 instructions on an ESP32 (a loop body of five takes 960), so 20 ms at 240 MHz are some 25,000 of them. CPython's
count is taken for MicroPython's, whose compiler makes about as many of the same source.
"""

import json
import sys

from node.bus.limits import DOCUMENT_BYTES_MAX
from node.plan.agenda import Agenda

BYTECODES_IN_20_MS = 25_000
MIDNIGHT = 1791133200
DAY = 86400
CHAIN = ("p", "p/c", "p/c/h")


def _full_plan(slots):
    """As many slots and times as a document has room for."""
    sha256 = "A" * 43
    return {
        "iat": MIDNIGHT,
        "exp": MIDNIGHT + 9 * DAY,
        "zone": {"name": "Asia/Ho_Chi_Minh", "offsets": [[0, 420]]},
        "files": "http://station/f",
        "accept": True,
        "bulletins": {"b": {"class": "normal", "variants": [{"codec": "pcm16", "rate": 24000, "ms": 900, "bytes": 9, "sha256": sha256}]}},
        "slots": [
            {"id": f"s{index}", "bulletin": "b", "at": [index * 60 + hour * 3600 for hour in range(8)], "except": [20261006 + index % 5]}
            for index in range(slots)
        ],
    }


def _bytecodes(step):
    """`(bytecodes executed, result)` of a call."""
    count = 0

    def trace(frame, event, _argument):
        nonlocal count
        frame.f_trace_opcodes = True
        count += event == "opcode"
        return trace

    outer = sys.gettrace()
    sys.settrace(trace)
    try:
        result = step()
    finally:
        sys.settrace(outer)
    return count, result


def _settle(held, now):
    """The dearest of the calls until the agenda is settled."""
    dearest = 0
    while True:
        count, decision = _bytecodes(lambda: held.decide(now, True))
        dearest = max(dearest, count)
        if decision.wake > now:
            return dearest


def test_every_step_of_full_plans_stays_within_20_ms():
    plan = _full_plan(60)
    assert DOCUMENT_BYTES_MAX * 0.75 < len(json.dumps(plan, separators=(",", ":"))) < DOCUMENT_BYTES_MAX
    held = Agenda(CHAIN[-1], "n")
    last = object()
    for audience in CHAIN:
        steps = held.plan_steps(audience, plan)
        outcome = None
        while outcome is not last:
            count, outcome = _bytecodes(lambda steps=steps: next(steps, last))
            assert count < BYTECODES_IN_20_MS
    assert _settle(held, MIDNIGHT + DAY // 2) < BYTECODES_IN_20_MS
    assert _settle(held, MIDNIGHT + DAY // 2 + 60) < BYTECODES_IN_20_MS
    assert _settle(held, MIDNIGHT + 2 * DAY) < BYTECODES_IN_20_MS  # a leap of the clock
    held.put_plan("p/c", _full_plan(40))
    assert _settle(held, MIDNIGHT + 2 * DAY + 60) < BYTECODES_IN_20_MS


def test_a_quiet_day_costs_little():
    held = Agenda(CHAIN[-1], "n")
    held.put_plan("p/c", _full_plan(20))
    _settle(held, MIDNIGHT + DAY // 2)
    assert _settle(held, MIDNIGHT + DAY // 2 + 1) < BYTECODES_IN_20_MS // 5
