"""Every document and command gets the one answer it deserves, from vectors that another library signed; nothing is held before it is committed."""

import asyncio
import sys

from support_bus import StoppedClock, Vectors, refusal_of

from node.bus import documents, encoding, jws, rs256, tables
from node.bus.admission import Admission
from node.bus.trust import TrustStore
from node.link.clock import SNTP, Clock
from node.refusal import AUDIENCE, EXPIRED, REPLAYED, REVISION_FUTURE, REVISION_OLD, TIME_UNSET, Refused

VECTORS = Vectors()


async def test_every_vector_gets_its_code():
    wrong = []
    for case in VECTORS.cases:
        admission, _ = await VECTORS.admission(now=0)
        if case["after"]:
            admission.commit(await admission.admit(*VECTORS.document(case["after"])))
        held = admission.revisions(), list(admission.done.entries)
        refused = await refusal_of(admission.admit(case["topic"], case["raw"].encode()))
        code = refused and refused.code
        if code != case["code"]:
            wrong.append((case["name"], code, case["code"]))
        assert (admission.revisions(), admission.done.entries) == held
    assert not wrong, wrong


async def test_an_admitted_document_says_what_it_is():
    admission, _ = await VECTORS.admission(now=0)
    document = await admission.admit(*VECTORS.document("good plan"))
    assert (document.kind, document.audience, document.issuer) == ("plan", "son-la/moc-chau", "moc-chau")
    assert document.revision == document.issued == VECTORS.now - 60
    assert document.id == "plan:son-la/moc-chau:{}".format(document.revision)
    assert document.body["bulletins"]["tin"]["title"] == "Bản tin sáng"
    assert not document.pending and not document.confirms_time
    assert (await admission.admit(*VECTORS.document("good command"))).id == "ping-1"


async def test_an_air_with_an_urgent_order_is_urgent():
    admission, _ = await VECTORS.admission(now=0)
    assert (await admission.admit(*VECTORS.document("good urgent order"))).urgent
    for name in ("good order for the node", "good plan", "good command"):
        assert not (await admission.admit(*VECTORS.document(name))).urgent


async def test_only_commit_holds():
    admission, clock = await VECTORS.admission(now=0)
    topic, raw = VECTORS.document("good plan")
    document = await admission.admit(topic, raw)
    assert not admission.holds(topic, raw) and clock.floor == 0
    admission.commit(document)
    assert admission.revisions()["plan:son-la/moc-chau"] == document.revision
    assert clock.floor == document.issued
    assert admission.holds(topic, raw)
    assert not admission.holds(topic, raw[:-1] + b"A") and not admission.holds(topic.replace("moc-chau", "yen-chau"), raw)
    assert not admission.holds("loa/v1/to", raw)


async def test_a_command_is_never_held():
    admission, _ = await VECTORS.admission(now=0)
    topic, raw = VECTORS.document("good command")
    admission.commit(await admission.admit(topic, raw))
    assert not admission.holds(topic, raw)


async def test_a_document_admitted_before_a_newer_one_is_not_committed_after_it():
    admission, _ = await VECTORS.admission(now=0)
    older = await admission.admit(*VECTORS.document("good plan"))
    newer = await admission.admit(*VECTORS.document("newer revision"))
    admission.commit(newer)
    try:
        admission.commit(older)
        raise AssertionError("committed")
    except Refused as refused:
        assert refused.code == REVISION_OLD
    assert admission.revisions()["plan:son-la/moc-chau"] == newer.revision


async def test_trust_counts_from_its_commit():
    admission, _ = await VECTORS.admission(now=0)
    assert admission.revisions() == {"trust:son-la/moc-chau": VECTORS.now - 60}
    assert admission.holds(*VECTORS.trust)


async def test_what_is_forgotten_may_come_again_in_a_lower_revision():
    admission, _ = await VECTORS.admission(now=0)
    admission.commit(await admission.admit(*VECTORS.document("newer revision")))
    assert (await refusal_of(admission.admit(*VECTORS.document("good plan")))).code == REVISION_OLD
    admission.forget("plan", "son-la/moc-chau")
    admission.forget("plan", "son-la")
    assert "plan:son-la/moc-chau" not in admission.revisions()
    await admission.admit(*VECTORS.document("good plan"))


async def test_only_what_was_signed_has_a_subject():
    admission, _ = await VECTORS.admission(now=0)
    for name, subject in (
        ("another key's signature", None),
        ("unknown key", None),
        ("payload is no object", None),
        ("no revision", None),
        ("expired", "plan:son-la/moc-chau:{}".format(VECTORS.now - 60)),
        ("release", "release:son-la/moc-chau:{}".format(VECTORS.now - 60)),
        ("out of area for the node", "ping-1"),
    ):
        assert (await refusal_of(admission.admit(*VECTORS.document(name)))).subject == subject, name


async def test_a_document_under_another_topic_is_for_somebody_else():
    admission, _ = await VECTORS.admission(now=0)
    _, raw = VECTORS.document("good plan")
    for audience in ("son-la", "son-la/moc-chau/ban-hin", "son-la/moc-chau/ban-la", "node/loa-01"):
        assert (await refusal_of(admission.admit("loa/v1/to/{}/plan".format(audience), raw))).code == AUDIENCE


async def test_unset_time_holds_what_expires_and_does_no_command():
    admission, clock = await VECTORS.admission(now=None)
    document = await admission.admit(*VECTORS.document("good plan"))
    assert document.pending
    admission.commit(document)
    assert (await refusal_of(admission.admit(*VECTORS.document("good command")))).code == TIME_UNSET
    assert not (await admission.admit(*VECTORS.document("good trust"))).pending
    assert not (await admission.admit(*VECTORS.document("good seen"))).pending
    clock.time = VECTORS.now
    admission.check_time(document)
    assert not document.pending
    assert (await admission.admit(*VECTORS.document("good command"))).id == "ping-1"


async def test_what_was_pending_may_turn_out_to_be_expired_or_from_the_future():
    admission, clock = await VECTORS.admission(now=None)
    document = await admission.admit(*VECTORS.document("good plan"))
    for time, code in ((VECTORS.now + 10 * 86400, EXPIRED), (VECTORS.now - 3 * 86400, REVISION_FUTURE)):
        clock.time = time
        try:
            admission.check_time(document)
            raise AssertionError("not refused")
        except Refused as refused:
            assert refused.code == code


async def test_what_was_signed_ahead_of_the_truth_does_not_keep_the_truth_out():
    """A station's clock was a month ahead, or its key was stolen, while the node knew no time: the time server is believed, the documents are not."""
    truth = VECTORS.now - 30 * 86400
    for name in ("good plan", "good seen", "good trust"):
        admission, _ = await VECTORS.admission(now=None)
        clock = admission._clock = Clock(truth - 86400, 0, lambda date: None, None, lambda: None)
        admission.commit(await admission.admit(*VECTORS.document(name)))
        assert clock.floor == truth - 86400
        assert clock.set(truth * 1000, SNTP)
        assert (await refusal_of(admission.admit(*VECTORS.document("good command")))).code == REVISION_FUTURE


async def test_what_answers_the_nonce_is_proof_while_the_time_is_unset():
    admission, clock = await VECTORS.admission(now=None, nonce="n1")
    document = await admission.admit(*VECTORS.document("good seen"))
    admission.commit(document)
    assert clock.floor == document.issued


async def test_unset_time_still_knows_what_is_certainly_past():
    admission, _ = await VECTORS.admission(now=None, floor=VECTORS.now + 2 * 86400)
    assert (await refusal_of(admission.admit(*VECTORS.document("good plan")))).code == EXPIRED


async def test_an_answer_to_the_nonce_confirms_the_time():
    for now in (None, VECTORS.now, VECTORS.now - 900 * 86400, VECTORS.now + 900 * 86400):
        admission, _ = await VECTORS.admission(now=now, nonce="n1")
        document = await admission.admit(*VECTORS.document("good seen"))
        assert document.confirms_time and not document.pending
    for nonce in (None, "n2"):
        admission, _ = await VECTORS.admission(now=None, nonce=nonce)
        assert not (await admission.admit(*VECTORS.document("good seen"))).confirms_time


async def test_commands_stay_done_across_a_reboot():
    admission, _ = await VECTORS.admission(now=0)
    admission.commit(await admission.admit(*VECTORS.document("good command")))
    again, _ = await VECTORS.admission(now=0, done=admission.done.entries)
    assert (await refusal_of(again.admit(*VECTORS.document("good command")))).code == REPLAYED


async def test_a_command_older_than_all_that_are_remembered_counts_as_done():
    full = [["c{}".format(index), VECTORS.now - 50 + index] for index in range(32)]
    admission, _ = await VECTORS.admission(now=0, done=full)
    assert (await refusal_of(admission.admit(*VECTORS.document("good command")))).code == REPLAYED
    almost, _ = await VECTORS.admission(now=0, done=full[1:])
    almost.commit(await almost.admit(*VECTORS.document("good command")))
    assert len(almost.done.entries) == 32 and almost.done.entries[0][0] == "ping-1"
    almost.done.add("late", VECTORS.now)
    assert len(almost.done.entries) == 32 and almost.done.entries[0][0] == "c1"


async def turns_of(awaitable):
    """How often another task gets its turn while this one works."""
    turns = 0

    async def other():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep_ms(0)

    task = asyncio.create_task(other())
    await asyncio.sleep_ms(0)
    before = turns
    await awaitable
    task.cancel()
    return turns - before


async def test_verifying_yields_between_its_seventeen_multiplications():
    assert 17 <= await turns_of(rs256.verify(b"\xc1" * 256, 65537, b"message", b"\x02" * 256)) <= 18


async def test_a_full_plan_is_checked_in_steps():
    body = encoding.json_object(jws.parse(VECTORS.document("good plan")[1])[1])
    body["slots"] = body["slots"] * 60
    assert 60 <= await turns_of(tables.check("plan", body)) <= 70


async def test_the_tables_do_not_stay_in_memory():
    names = ("node.bus.documents", "node.bus.documents.plan", "node.bus.schema")
    for name in names:
        sys.modules.pop(name, None)  # other tests may have loaded it for themselves
    admission, _ = await VECTORS.admission(now=0)
    await admission.admit(*VECTORS.document("good plan"))
    assert not any(name in sys.modules for name in names)


async def test_of_the_tables_only_those_of_its_type_are_loaded():
    others = ("node.bus.documents.bulletin", "node.bus.documents.plan", "node.bus.documents.air")
    for name in others + ("node.bus.documents.seen",):
        sys.modules.pop(name, None)  # other tests may have loaded it for themselves
    documents.table_of("seen")
    assert "node.bus.documents.seen" in sys.modules and not any(name in sys.modules for name in others)


async def test_what_a_revoked_key_signed_is_known_to_be_held():
    trust = TrustStore(VECTORS.root, VECTORS.area)
    admission = Admission(trust, StoppedClock(VECTORS.now, 0), VECTORS.area, VECTORS.node, lambda: None)
    admission.commit(await admission.admit(*VECTORS.trust))
    admission.commit(await admission.admit(*VECTORS.document("good plan")))
    assert not admission.holds_untrusted()
    trust.load("son-la/moc-chau", {"keys": [], "revoked": ["moc-chau"]})
    assert admission.holds_untrusted()
