"""MQTT 3.1.1 packets byte by byte, and a reader that never takes more memory than it was given."""

from node.bus.mqtt import packets
from node.bus.mqtt.reader import Reader
from node.refusal import MALFORMED, OVERSIZED, UNREACHABLE, Refused


class Source:
    """A stream that brings `data` in pieces of `most` bytes and then ends."""

    def __init__(self, data, most=1 << 20):
        self.data = data
        self.most = most

    async def readinto(self, view):
        piece = self.data[: min(len(view), self.most)]
        self.data = self.data[len(piece) :]
        view[: len(piece)] = piece
        return len(piece)


def refused_by(function, *arguments):
    try:
        value = function(*arguments)
    except Refused as refused:
        return refused.code
    raise AssertionError("not refused: {}".format(value))


async def read_refusal(data):
    reader = Reader(64)
    reader.start(Source(data))
    try:
        await reader.read()
    except Refused as refused:
        return refused.code
    raise AssertionError("read")


def test_connect():
    assert packets.connect("n", 60) == b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01n"
    full = packets.connect("n", 300, ("t", b"\xff"), "u", "p")
    assert full == b"\x10\x19\x00\x04MQTT\x04\xee\x01\x2c\x00\x01n\x00\x01t\x00\x01\xff\x00\x01u\x00\x01p"


def test_publish_puback_subscribe():
    assert packets.publish("a/b", b"xy") == b"\x30\x07\x00\x03a/bxy"
    assert packets.publish("a/b", b"xy", 1, 258, True, True) == b"\x3b\x09\x00\x03a/b\x01\x02xy"
    assert packets.puback(258) == b"\x40\x02\x01\x02"
    assert packets.subscribe(1, (("a/+", 0), ("b", 1))) == b"\x82\x0c\x00\x01\x00\x03a/+\x00\x00\x01b\x01"
    assert packets.PING == b"\xc0\x00" and packets.GOODBYE == b"\xe0\x00"


def test_remaining_length_is_that_of_table_2_4():
    for size, octets in (
        (0, b"\x00"),
        (127, b"\x7f"),
        (128, b"\x80\x01"),
        (16383, b"\xff\x7f"),
        (16384, b"\x80\x80\x01"),
        (2097151, b"\xff\xff\x7f"),
        (268435455, b"\xff\xff\xff\x7f"),
    ):
        assert packets.length(size) == octets
    assert refused_by(packets.length, 268435456) == OVERSIZED
    assert refused_by(packets.publish, "t" * 65536, b"") == OVERSIZED


def test_received_publishes():
    message = packets.parse_publish(0x0B, memoryview(b"\x00\x03a/b\x01\x02xy"))
    assert (message.topic, message.payload, message.qos, message.packet_id) == ("a/b", b"xy", 1, 258)
    assert message.retained and message.repeated
    message = packets.parse_publish(0, memoryview(b"\x00\x01a"))
    assert (message.topic, message.payload, message.qos, message.packet_id) == ("a", b"", 0, None)
    assert not message.retained and not message.repeated


def test_what_no_broker_may_publish():
    for flags, body in (
        (0x04, b"\x00\x01a\x00\x01"),  # QoS 2
        (0x06, b"\x00\x01a\x00\x01"),  # QoS 3
        (0x08, b"\x00\x01a"),  # DUP of QoS 0
        (0x00, b""),
        (0x00, b"\x00"),
        (0x00, b"\x00\x00"),  # no topic
        (0x00, b"\x00\x05a"),
        (0x02, b"\x00\x01a\x00"),
        (0x02, b"\x00\x01a\x00\x00"),  # packet identifier 0
        (0x00, b"\x00\x01+"),
        (0x00, b"\x00\x01#"),
        (0x00, b"\x00\x01\x00"),
        (0x00, b"\x00\x02\xff\xff"),
    ):
        assert refused_by(packets.parse_publish, flags, memoryview(body)) == MALFORMED, (flags, body)


def test_answers():
    packets.parse_connack(0, memoryview(b"\x00\x00"))
    packets.parse_connack(0, memoryview(b"\x01\x00"))
    for code in (1, 2, 3, 4, 5, 6, 255):
        assert refused_by(packets.parse_connack, 0, memoryview(bytes((0, code)))) == UNREACHABLE
    assert packets.parse_puback(0, memoryview(b"\x01\x02")) == 258
    assert packets.parse_suback(0, memoryview(b"\x00\x07\x00\x80"), 7, 2) == (0, 0x80)
    packets.parse_pingresp(0, memoryview(b""))
    for function, arguments in (
        (packets.parse_connack, (0, b"\x02\x00")),
        (packets.parse_connack, (0, b"\x00")),
        (packets.parse_connack, (1, b"\x00\x00")),
        (packets.parse_puback, (0, b"\x01")),
        (packets.parse_puback, (2, b"\x01\x02")),
        (packets.parse_suback, (0, b"\x00\x07\x00", 7, 2)),
        (packets.parse_suback, (0, b"\x00\x08\x00\x00", 7, 2)),
        (packets.parse_suback, (0, b"\x00\x07\x00\x03", 7, 2)),
        (packets.parse_pingresp, (0, b"\x00")),
    ):
        assert refused_by(function, *arguments) == MALFORMED, arguments


async def test_reading_in_the_smallest_pieces():
    reader = Reader(300)
    data = b"\x30\x80\x02" + bytes(index & 0xFF for index in range(256)) + b"\xd0\x00" + b"\x40\x02\x00\x01"
    for most in (1, 2, 3, 7, 1000):
        reader.start(Source(data, most))
        await reader.read()
        assert (reader.kind, reader.flags, reader.size, reader.is_whole) == (3, 0, 256, True)
        assert bytes(reader.body) == data[3:259]
        await reader.read()
        assert (reader.kind, reader.size, len(reader.body), reader.is_whole) == (13, 0, 0, True)
        await reader.read()
        assert (reader.kind, bytes(reader.body)) == (4, b"\x00\x01")


async def test_too_large_is_passed_over_piece_by_piece():
    reader = Reader(64)
    pieces = 0

    def progress():
        nonlocal pieces
        pieces += 1

    reader.start(Source(b"\x30\xe8\x07" + b"\x00\x01a" + b"x" * 997 + b"\xd0\x00", 50))
    await reader.read()
    assert (reader.size, reader.is_whole, reader.is_oversized) == (1000, False, True)
    assert bytes(reader.body) == b"\x00\x01a" + b"x" * 61
    assert packets.parse_publish(reader.flags, reader.body, False).topic == "a"
    await reader.skip(progress)
    assert pieces == 15
    await reader.read()
    assert reader.kind == 13


async def test_memory_for_a_large_packet_is_taken_only_where_it_is_wanted():
    data = b"\x30\x83\x20" + b"\x00\x01a" + bytes(index & 0xFF for index in range(4096)) + b"\xd0\x00"
    for most in (1, 7, 500, 5000):
        reader = Reader(5000)
        reader.start(Source(data, most))
        await reader.read()
        assert (reader.size, reader.is_whole, reader.is_oversized) == (4099, False, False)
        assert len(reader.body) < 1000
        message = packets.parse_publish(reader.flags, reader.body, False)
        assert await reader.rest(packets.payload_at(reader.body, message.qos)) == data[6:4102]
        await reader.read()
        assert reader.kind == 13


async def test_ends_and_lengths_that_cannot_be():
    for data in (b"", b"\x30", b"\x30\x80", b"\x30\x05abcd"):
        assert await read_refusal(data) == UNREACHABLE, data
    assert await read_refusal(b"\x30\xff\xff\xff\xff\x01") == MALFORMED
    assert await read_refusal(b"\x30\x80\x80\x80\x80") == MALFORMED
