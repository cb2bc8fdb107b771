"""What is told to the station, and that nothing that the journal has is forgotten."""

import asyncio
import json
import time

from node.bus import topics
from node.duties.reporter import Reporter
from node.refusal import SLOT, Refused


class Enough(Exception):
    """Ends a task that never ends, at a moment that the test knows: cancelling could meet a time-out within and be lost."""


class Backoff:
    def next(self):
        return 20

    def reset(self):
        pass


class Wire:
    """Session and journal in one; takes at most `room` messages until it is emptied, and ends the task after `enough` or when it was `looks` times asked."""

    id = "j1"

    def __init__(self, events=(), room=100, enough=100, up=True, looks=1000):
        self._up = up
        self._looks = looks
        self._enough = enough
        self.events = list(events)
        self.sent = []
        self.room = room
        self.eased = asyncio.Event()
        self.reporter = Reporter(
            "n-1", b"key", self, self, lambda: {"online": True}, lambda: {"uptime": 1}, Backoff(), lambda: 0.0, asyncio.Lock()
        )

    @property
    def connected(self):
        self._looks -= 1
        if self._looks < 0:
            raise Enough
        return self._up

    def publish(self, topic, payload, qos, retain):
        if len(self.sent) >= self.room:
            return False
        self.sent.append((topic.rsplit("/", 1)[1], json.loads(payload), qos, retain))
        if len(self.sent) >= self._enough:
            raise Enough
        return True

    async def wait_room(self):
        await self.eased.wait()

    def unseen(self, after=0):
        return iter([(n, {"kind": "boot"}) for n in self.events if n > after])

    def numbers(self):
        return [fields["n"] for kind, fields, _, _ in self.sent if kind == topics.EVENT]


async def _run(task):
    try:
        await task
    except Enough:
        return


async def test_events_are_sent_in_order_and_again_until_seen():
    wire = Wire([3, 4, 5], enough=6)
    wire.reporter.happened()
    await _run(wire.reporter.report_events())
    assert wire.numbers() == [3, 4, 5, 3, 4, 5]


async def test_a_full_outbox_loses_nothing():
    wire = Wire([1, 2, 3], room=2, enough=3)
    wire.reporter.happened()
    task = asyncio.create_task(_run(wire.reporter.report_events()))
    while len(wire.sent) < 2:
        await asyncio.sleep_ms(1)
    wire.room = 100
    wire.eased.set()
    await task
    assert wire.numbers() == [1, 2, 3]


async def test_without_a_connection_nothing_is_sent():
    wire = Wire([1], up=False, looks=3)
    wire.reporter.happened()
    await _run(wire.reporter.report_events())
    assert wire.sent == []


async def test_several_changes_are_one_state():
    wire = Wire(looks=1)
    for _ in range(5):
        wire.reporter.changed()
    task = asyncio.create_task(_run(wire.reporter.report_states()))
    while not wire.sent:
        await asyncio.sleep_ms(1)
    wire.reporter.changed()
    await task
    assert [message[0] for message in wire.sent] == [topics.STATE]
    assert wire.sent[0][2:] == (1, True)


async def test_the_answer_to_an_urgent_order_waits_for_its_sound_and_comes_with_the_state():
    wire = Wire(enough=4)
    task = asyncio.create_task(_run(wire.reporter.report_states()))
    began = time.ticks_ms()
    wire.reporter.answer("air:a:1", None, True)
    wire.reporter.answer("air:a:2", None, True)
    wire.reporter.answer("air:a:3", Refused(SLOT, "for the test"), True)
    assert [message[1]["id"] for message in wire.sent] == ["air:a:3"]
    await task
    assert time.ticks_diff(time.ticks_ms(), began) >= 1_000
    assert [message[1].get("id") for message in wire.sent] == ["air:a:3", "air:a:1", "air:a:2", None]


async def test_no_more_than_eight_answers_wait():
    wire = Wire()
    for revision in range(9):
        wire.reporter.answer("air:a:{}".format(revision), None, True)
    assert [message[1]["id"] for message in wire.sent] == ["air:a:8"]


async def test_answers_carry_code_and_a_reason_that_fits():
    wire = Wire()
    wire.reporter.answer("plan:a:1", None)
    wire.reporter.answer("plan:a:2", Refused(SLOT, "ế" * 100))
    accepted, refused = [message[1] for message in wire.sent]
    assert accepted["result"] == "ok"
    assert (refused["result"], refused["code"]) == ("refused", SLOT)
    assert len(refused["reason"].encode()) <= 120
