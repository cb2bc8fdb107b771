"""MQTT 3.1.1 packets as bytes: makes those that a client sends, reads those that it receives. QoS 0 and 1 only; nothing here waits.

Section numbers are those of the OASIS standard of 29 October 2014.
"""

import struct

from micropython import const

from node.refusal import MALFORMED, OVERSIZED, UNREACHABLE, Refused

# Packet types (2.2.1)
CONNECT = const(1)
CONNACK = const(2)
PUBLISH = const(3)
PUBACK = const(4)
SUBSCRIBE = const(8)
SUBACK = const(9)
PINGREQ = const(12)
PINGRESP = const(13)
DISCONNECT = const(14)

PING = b"\xc0\x00"
GOODBYE = b"\xe0\x00"
LENGTH_BYTES_MAX = 4  # 2.2.3
DENIED = 0x80  # a return code of SUBACK (3.9.3)

_LENGTH_MAX = const(268435455)  # 2.2.3
_DUP = const(0x08)
_RETAIN = const(0x01)
_CLEAN_SESSION = const(0x02)
_WILL = const(0x04)
_WILL_QOS_1 = const(0x08)
_WILL_RETAIN = const(0x20)
_PASSWORD = const(0x40)
_USER = const(0x80)
# 3.2.2.3
_CONNACK_CODES = (
    "accepted",
    "unacceptable protocol version",
    "client identifier rejected",
    "server unavailable",
    "bad user name or password",
    "not authorized",
)


class Message:
    """A PUBLISH that was received: `topic` (str), `payload` (bytes or bytearray), `qos` (0 or 1), `packet_id` (None for QoS 0), `retained`,
    `repeated` (DUP)."""

    def __init__(self, topic, payload, qos, packet_id, retained, repeated):
        self.topic = topic
        self.payload = payload
        self.qos = qos
        self.packet_id = packet_id
        self.retained = retained
        self.repeated = repeated


def connect(client_id, keepalive_s, will=None, user=None, password=None):
    """CONNECT (3.1) with a clean session: what a node must know is retained, so the broker need not remember it. `will`: (topic, payload), QoS 1, retained."""
    flags = _CLEAN_SESSION
    fields = [_text(client_id)]
    if will:
        flags |= _WILL | _WILL_QOS_1 | _WILL_RETAIN
        fields += [_text(will[0]), _field(will[1])]
    if user is not None:
        flags |= _USER
        fields.append(_text(user))
    if password is not None:
        flags |= _PASSWORD
        fields.append(_text(password))
    return _packet(CONNECT, 0, b"\x00\x04MQTT\x04" + struct.pack(">BH", flags, keepalive_s) + b"".join(fields))


def publish(topic, payload, qos=0, packet_id=None, retain=False, repeated=False):
    """PUBLISH (3.3); QoS 1 needs a `packet_id`, `repeated` is DUP."""
    flags = (_DUP if repeated else 0) | qos << 1 | (_RETAIN if retain else 0)
    head = _text(topic) + (struct.pack(">H", packet_id) if qos else b"")
    return _packet(PUBLISH, flags, head + payload)


def puback(packet_id):
    """PUBACK (3.4)."""
    return _packet(PUBACK, 0, struct.pack(">H", packet_id))


def subscribe(packet_id, filters):
    """SUBSCRIBE (3.8) to `filters`, pairs (topic filter, highest QoS)."""
    wanted = b"".join(_text(topic) + bytes((qos,)) for topic, qos in filters)
    return _packet(SUBSCRIBE, 2, struct.pack(">H", packet_id) + wanted)


def parse_connack(flags, body):
    """Returns if the broker accepts (3.2). Raises Refused: UNREACHABLE with its reason, MALFORMED."""
    _expect(flags == 0 and len(body) == 2 and body[0] <= 1, "CONNACK")
    code = body[1]
    if code:
        reason = _CONNACK_CODES[code] if code < len(_CONNACK_CODES) else "reserved code"
        raise Refused(UNREACHABLE, "the broker refuses: {} ({})".format(reason, code))


def parse_publish(flags, body, whole=True):
    """The `Message` in a PUBLISH (3.3); with `whole` False of only its beginning, without payload: see `payload_at`. Raises Refused(MALFORMED)."""
    qos = flags >> 1 & 3
    _expect(qos < 2 and not (flags & _DUP and not qos), "PUBLISH")  # QoS 2 was never asked for; 3.3.1.1: DUP needs a QoS
    _expect(len(body) >= 2, "PUBLISH")
    start = payload_at(body, 0)
    end = payload_at(body, qos)
    _expect(end <= len(body) and start > 2, "PUBLISH")
    topic = _decoded(body[2:start])
    packet_id = _word(body, start) if qos else None
    _expect(packet_id != 0, "packet identifier")  # 2.3.1
    return Message(topic, bytes(body[end:]) if whole else b"", qos, packet_id, bool(flags & _RETAIN), bool(flags & _DUP))


def payload_at(body, qos):
    """Where in the body of a proper PUBLISH its payload begins."""
    return 2 + _word(body, 0) + 2 * qos


def parse_puback(flags, body):
    """Packet id of a PUBACK (3.4). Raises Refused(MALFORMED)."""
    _expect(flags == 0 and len(body) == 2, "PUBACK")
    return _word(body, 0)


def parse_suback(flags, body, packet_id, count):
    """The `count` return codes (3.9.3) that answer the SUBSCRIBE `packet_id`: the QoS granted, or `DENIED`. Raises Refused(MALFORMED)."""
    _expect(flags == 0 and len(body) == 2 + count and _word(body, 0) == packet_id, "SUBACK")
    codes = tuple(body[2:])
    _expect(all(code <= 2 or code == DENIED for code in codes), "SUBACK")
    return codes


def parse_pingresp(flags, body):
    """Raises Refused(MALFORMED) if it is no PINGRESP (3.13)."""
    _expect(flags == 0 and len(body) == 0, "PINGRESP")


def length(size):
    """A remaining length as on the wire (2.2.3). Raises Refused(OVERSIZED) beyond what four bytes can say."""
    if size > _LENGTH_MAX:
        raise Refused(OVERSIZED, "a packet of {} bytes".format(size))
    octets = bytearray()
    while True:
        octets.append(size & 0x7F | (0x80 if size > 0x7F else 0))
        size >>= 7
        if not size:
            return bytes(octets)


def _packet(kind, flags, body):
    return bytes((kind << 4 | flags,)) + length(len(body)) + body


def _field(data):
    if len(data) > 0xFFFF:
        raise Refused(OVERSIZED, "a field of {} bytes".format(len(data)))
    return struct.pack(">H", len(data)) + data


def _text(text):
    return _field(text.encode())


def _word(body, start):
    return body[start] << 8 | body[start + 1]


def _decoded(octets):
    """A topic name as text (1.5.3, 4.7.1: without wildcards and U+0000)."""
    try:
        topic = str(octets, "utf-8")
    except UnicodeError:
        raise Refused(MALFORMED, "a topic that is not UTF-8")
    _expect("+" not in topic and "#" not in topic and "\x00" not in topic, "topic")
    return topic


def _expect(fits, what):
    if not fits:
        raise Refused(MALFORMED, "not a proper " + what)
