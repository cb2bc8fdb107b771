"""Random and mutated input on both runtimes: parsers answer or refuse, a node that heard it holds what it held, a session lives on."""

from support_bus import Vectors, refusal_of
from support_noise import Noise
from support_session import told

from node.bus import encoding, reports
from node.bus.mqtt import packets
from node.refusal import Refused

VECTORS = Vectors()
KEY = bytes(32)


def survive(function, *arguments):
    try:
        function(*arguments)
    except Refused:
        pass


async def test_admission_takes_mutated_documents():
    noise = Noise(1)
    admission, clock = await VECTORS.admission(now=0)
    admission.commit(await admission.admit(*VECTORS.document("good plan")))
    held = admission.revisions(), admission.done.entries, clock.floor
    for round_ in range(150):
        case = VECTORS.cases[noise.below(len(VECTORS.cases))]
        raw = noise.mutated(case["raw"].encode()) if round_ % 5 else noise.octets(noise.below(200))
        refused = await refusal_of(admission.admit(case["topic"], raw))
        assert refused or raw == case["raw"].encode(), case["name"]
        assert (admission.revisions(), admission.done.entries, clock.floor) == held


def read_object(data):
    return encoding.json_object(encoding.text_of(data))


def test_texts_of_the_wire():
    noise = Noise(2)
    report = reports.seal(KEY, "t", {"online": True, "revisions": {"plan:a": 1}, "list": [1, "é", None]})
    for _ in range(1500):
        survive(read_object, noise.mutated(report))
        survive(encoding.from_base64url, noise.mutated(b"QUJDREVGR0g-_w"))
        survive(reports.open_report, KEY, "t", noise.mutated(report))
        survive(read_object, noise.octets(noise.below(40)))


def test_packets():
    noise = Noise(3)
    for _ in range(3000):
        flags, body = noise.below(16), memoryview(noise.octets(noise.below(24)))
        for parse in (packets.parse_connack, packets.parse_publish, packets.parse_puback, packets.parse_pingresp):
            survive(parse, flags, body)
        survive(packets.parse_suback, flags, body, 1, 2)


def test_a_session_outlives_a_broker_that_talks_nonsense():
    async def scenario(node):
        noise = Noise(4)
        for _ in range(60):
            peer = await node.is_up()
            for _ in range(1 + noise.below(5)):
                peer.publish("loa/v1/to/a/plan", noise.octets(noise.below(40)), noise.below(2))
            peer.send_bytes(noise.octets(1 + noise.below(60)))
            peer.close()
            await node.is_down()
        assert not node.task.done()

    told(scenario)
