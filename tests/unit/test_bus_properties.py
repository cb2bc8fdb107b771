"""Whatever bytes reach the bus, only `Refused` comes out and nothing that a node holds changes (hypothesis; a bounded twin runs on MicroPython)."""

import asyncio
import json
import sys
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from loa.firmware import BODIES
from node.bus import encoding, jws, reports, schema
from node.bus.mqtt import packets
from node.bus.mqtt.reader import Reader
from node.refusal import Refused

sys.path.insert(0, str(Path(__file__).parents[1] / "node"))
from support_bus import Vectors, refusal_of

VECTORS = Vectors()
NAMES = [case["name"] for case in VECTORS.cases]
KEY = bytes(32)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def survive(function, *arguments):
    """The value, None if it was refused."""
    try:
        return function(*arguments)
    except Refused:
        return None


class Source:
    def __init__(self, data, most):
        self.data, self.most = data, most

    async def readinto(self, view):
        count = min(len(view), self.most, len(self.data))
        view[:count], self.data = self.data[:count], self.data[count:]
        return count


@given(st.binary(max_size=300))
def test_base64url_has_one_spelling(text):
    data = survive(encoding.from_base64url, text)
    assert data is None or encoding.to_base64url(data).encode() == text


@given(st.binary(max_size=300))
def test_base64url_round_trips(data):
    assert encoding.from_base64url(encoding.to_base64url(data).encode()) == data


@given(st.one_of(st.binary(max_size=200), st.lists(st.binary(max_size=60), max_size=4).map(b".".join)))
def test_jws_takes_random_bytes(raw):
    assert survive(jws.parse, raw) is None


@given(values, values)
def test_jws_takes_any_header(alg, kid):
    header = encoding.to_base64url(json.dumps({"alg": alg, "kid": kid}).encode()).encode()
    survive(jws.parse, header + b".e30.AAAA")
    survive(jws.parse, encoding.to_base64url(json.dumps({"alg": "RS256", "kid": kid}).encode()).encode() + b".e30.AAAA")


@given(st.sampled_from(NAMES), st.integers(0, 9000), st.binary(max_size=4), st.integers(0, 4))
@settings(max_examples=250, deadline=None)
def test_admission_changes_nothing_whatever_is_cut_or_put_in(name, at, piece, gone):
    topic, raw = VECTORS.document(name)
    at %= len(raw) + 1
    mutated = raw[:at] + piece + raw[at + gone :]

    async def judge():
        admission, clock = await VECTORS.admission(now=0)
        admission.commit(await admission.admit(*VECTORS.document("good plan")))
        held = admission.revisions(), list(admission.done.entries), clock.floor
        refused = await refusal_of(admission.admit(topic, mutated))
        assert refused or mutated == raw
        assert (admission.revisions(), admission.done.entries, clock.floor) == held

    asyncio.run(judge())


@given(st.text(max_size=80), st.binary(max_size=200))
@settings(deadline=None)
def test_admission_takes_any_topic_and_bytes(topic, raw):
    async def judge():
        admission, _ = await VECTORS.admission(now=0)
        assert await refusal_of(admission.admit(topic, raw))
        assert await refusal_of(admission.admit(topic, VECTORS.document("good plan")[1]))

    asyncio.run(judge())


@given(st.sampled_from(sorted(BODIES)), values, st.data())
def test_tables_refuse_and_never_fail(kind, value, data):
    """Any value in the place of any member of a document that was good."""
    name = {"plan": "good plan", "air": "good urgent order", "trust": "good trust", "cmd": "good command", "seen": "good seen"}[kind]
    body = encoding.json_object(jws.parse(VECTORS.document(name)[1])[1])
    place = body
    while True:
        where = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        if not (isinstance(place[where], dict | list) and place[where]) or data.draw(st.booleans()):
            break
        place = place[where]
    place[where] = value
    at_once = survive_code(lambda body, where: schema.check(BODIES[kind], body, where), body)

    async def step():
        pass

    async def in_steps():
        await schema.check_in_steps(BODIES[kind], body, step)

    assert survive_code(lambda *_: asyncio.run(in_steps()), body) == at_once


def survive_code(check, body):
    try:
        check(body, "")
    except Refused as refused:
        return refused.code, refused.reason
    return None


@given(values.filter(lambda value: isinstance(value, dict) and value and "mac" not in value))
def test_reports_round_trip(fields):
    try:
        text = json.dumps(fields, allow_nan=False)
    except ValueError:
        return
    assert reports.open_report(KEY, "t", reports.seal(KEY, "t", json.loads(text))) == json.loads(text)


@given(st.binary(max_size=200), st.binary(max_size=60))
def test_reports_take_random_bytes(payload, text):
    assert survive(reports.open_report, KEY, "t", payload) is None
    assert survive(reports.open_report, KEY, "t", text + b',"mac":"' + b"A" * 43 + b'"}') is None


@given(st.integers(0, 15), st.binary(max_size=60))
def test_packets_take_random_bytes(flags, body):
    view = memoryview(body)
    for parse in (packets.parse_connack, packets.parse_publish, packets.parse_puback, packets.parse_pingresp):
        survive(parse, flags, view)
    survive(packets.parse_suback, flags, view, 1, 3)


@given(st.text(min_size=1, max_size=40).filter(lambda text: not set("+#\0") & set(text)), st.binary(max_size=200), st.integers(1, 65535))
def test_a_publish_is_read_as_it_was_made(topic, payload, packet_id):
    for qos in (0, 1):
        packet = packets.publish(topic, payload, qos, packet_id if qos else None, retain=True)
        start = 2 if len(packet) - 2 < 128 else 3
        message = packets.parse_publish(packet[0] & 15, memoryview(packet)[start:])
        assert (message.topic, message.payload, message.qos, message.retained) == (topic, payload, qos, True)
        assert message.packet_id == (packet_id if qos else None)


@given(st.binary(max_size=400), st.integers(1, 50))
@settings(deadline=None)
def test_the_reader_takes_random_bytes_in_any_pieces(data, most):
    async def read():
        reader = Reader(64)
        reader.start(Source(data, most))
        while True:
            await reader.read()
            assert len(reader.body) <= 64
            await reader.skip(lambda: None)

    assert survive(lambda: asyncio.run(read())) is None
