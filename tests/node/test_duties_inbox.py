"""What becomes of a document between its arrival and its answer, above all where its meaning is impossible although its signature is good."""

import asyncio

from support_time import VirtualClock, turns

from node.bus import topics
from node.duties.inbox import Inbox
from node.refusal import COMMAND_UNKNOWN, FULL, SIGNATURE, SLOT, Refused

PLAN_TOPIC = "loa/v1/to/a/b/plan"
COMMAND_TOPIC = "loa/v1/to/node/n-1/cmd"


class Document:
    def __init__(self, kind, name):
        self.kind = kind
        self.id = name
        self.pending = self.urgent = False


class Admission:
    """Admits what a test put under a raw text, and remembers what was committed."""

    def __init__(self):
        self.known = {}
        self.committed = []
        self.held = set()

    def holds(self, topic, raw):
        return (topic, raw) in self.held

    async def admit(self, topic, raw):
        found = self.known[raw]
        if isinstance(found, Exception):
            raise found
        return found

    def commit(self, document):
        self.committed.append(document.id)

    def check_time(self, document):
        document.pending = False


class Bench:
    def __init__(self, handle):
        self.admission = Admission()
        self.counted, self.kept, self.answers, self.nobodys = [], [], [], []
        self.inbox = Inbox(
            self.admission,
            {topics.PLAN: handle, topics.COMMAND: handle},
            lambda document: self.counted.append(document.id),
            lambda document: self.kept.append(document.id),
            lambda subject, refusal, urgent=False: self.answers.append((subject, "urgent" if urgent else refusal and refusal.code)),
            lambda refusal: self.nobodys.append(refusal.code),
            lambda: None,
            asyncio.Lock(),
        )

    async def take(self, topic, raw, found):
        self.admission.known[raw] = found
        return await self.inbox.take(topic, raw)


async def accept(document):
    pass


async def test_what_is_accepted_is_committed_kept_and_answered():
    bench = Bench(accept)
    assert await bench.take(PLAN_TOPIC, b"1", Document(topics.PLAN, "plan:a/b:1"))
    assert bench.admission.committed == bench.counted == bench.kept == ["plan:a/b:1"]
    assert bench.answers == [("plan:a/b:1", None)]


async def test_who_answers_knows_that_an_order_is_urgent():
    bench = Bench(accept)
    document = Document(topics.PLAN, "plan:a/b:1")
    document.urgent = True
    await bench.take(PLAN_TOPIC, b"1", document)
    assert bench.answers == [("plan:a/b:1", "urgent")]


async def test_an_impossible_meaning_is_answered_and_changes_nothing():
    async def refuse(document):
        raise Refused(SLOT, "for the test")

    bench = Bench(refuse)
    await bench.take(PLAN_TOPIC, b"1", Document(topics.PLAN, "plan:a/b:1"))
    assert bench.answers == [("plan:a/b:1", SLOT)]
    assert bench.admission.committed == bench.counted == bench.kept == bench.nobodys == []


async def test_a_command_that_is_not_known_is_answered():
    async def refuse(document):
        raise Refused(COMMAND_UNKNOWN, "for the test")

    bench = Bench(refuse)
    await bench.take(COMMAND_TOPIC, b"1", Document(topics.COMMAND, "dance-1"))
    assert bench.answers == [("dance-1", COMMAND_UNKNOWN)]


async def test_what_there_is_no_memory_for_is_refused_and_does_not_end_the_node():
    async def burst(document):
        raise MemoryError

    bench = Bench(burst)
    assert not await bench.take(PLAN_TOPIC, b"1", Document(topics.PLAN, "plan:a/b:1"))
    assert bench.answers == [("plan:a/b:1", FULL)]
    assert not await bench.take(PLAN_TOPIC, b"2", MemoryError())
    assert bench.nobodys == [FULL]
    assert bench.admission.committed == bench.counted == bench.kept == []


async def test_what_nobody_signed_is_recorded_and_not_answered():
    bench = Bench(accept)
    assert not await bench.take(PLAN_TOPIC, b"1", Refused(SIGNATURE, "for the test"))
    assert bench.answers == []
    assert bench.nobodys == [SIGNATURE]


async def test_what_waited_for_the_time_does_not_follow_a_newer_one():
    """The broker brings a newer plan at the moment at which the time is known, before the inbox has looked at what waited."""
    acted = []

    async def act(document):
        acted.append(document.id)

    bench = Bench(act)
    old = Document(topics.PLAN, "plan:a/b:1")
    old.pending = True
    assert await bench.take(PLAN_TOPIC, b"1", old) and acted == []
    bench.inbox.time_known()
    assert await bench.take(PLAN_TOPIC, b"2", Document(topics.PLAN, "plan:a/b:2"))
    task = asyncio.create_task(bench.inbox.run())
    await turns(20)
    task.cancel()
    assert acted == ["plan:a/b:2"]


async def test_what_waited_for_the_time_proves_it_once_it_counts():
    bench = Bench(accept)
    old = Document(topics.PLAN, "plan:a/b:1")
    old.pending = True
    await bench.take(PLAN_TOPIC, b"1", old)
    bench.inbox.time_known()
    task = asyncio.create_task(bench.inbox.run())
    await turns(20)
    task.cancel()
    assert bench.admission.committed == ["plan:a/b:1"] * 2 and bench.answers == [("plan:a/b:1", None)]


async def test_what_waited_for_the_time_is_acted_on_where_the_newer_one_is_refused():
    acted = []

    async def act(document):
        if document.id == "plan:a/b:2":
            raise Refused(SLOT, "for the test")
        acted.append(document.id)

    bench = Bench(act)
    old = Document(topics.PLAN, "plan:a/b:1")
    old.pending = True
    await bench.take(PLAN_TOPIC, b"1", old)
    bench.inbox.time_known()
    await bench.take(PLAN_TOPIC, b"2", Document(topics.PLAN, "plan:a/b:2"))
    task = asyncio.create_task(bench.inbox.run())
    await turns(20)
    task.cancel()
    assert acted == ["plan:a/b:1"]


async def test_what_is_held_is_not_judged_again():
    async def never(document):
        raise AssertionError(document.id)

    bench = Bench(never)
    bench.admission.held.add((PLAN_TOPIC, b"held"))
    assert await bench.take(PLAN_TOPIC, b"held", AssertionError("judged"))
    assert not bench.counted and not bench.kept and not bench.answers and not bench.nobodys


def test_who_can_wait_waits_until_no_document_has_come_for_a_moment():
    async def life():
        judging = asyncio.Event()

        async def slow(document):
            await judging.wait()

        bench = Bench(slow)
        waiting = asyncio.create_task(bench.inbox.wait_quiet())
        taking = asyncio.create_task(bench.take(PLAN_TOPIC, b"1", Document(topics.PLAN, "plan:a/b:1")))
        await asyncio.sleep_ms(20_000)
        assert not waiting.done()
        judging.set()
        await taking
        await asyncio.sleep_ms(100)
        assert not waiting.done()
        await asyncio.sleep_ms(1_500)
        assert waiting.done()

    VirtualClock().run(life())


async def test_where_there_is_no_memory_to_tell_of_a_refusal_the_node_goes_on():
    async def refuse(document):
        raise Refused(SLOT, "for the test")

    bench = Bench(refuse)

    def none(*_):
        raise MemoryError

    bench.inbox._answer = bench.inbox._refused = none
    assert not await bench.take(PLAN_TOPIC, b"1", Document(topics.PLAN, "plan:a/b:1"))
    assert not await bench.take(PLAN_TOPIC, b"2", Refused(SIGNATURE, "for the test"))
