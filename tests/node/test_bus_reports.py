"""What a node reports opens only under its key and its topic; RFC 4231 says what an HMAC is."""

import binascii
import json

from node.bus import reports
from node.refusal import MALFORMED, OVERSIZED, SIGNATURE, Refused

KEY = bytes(range(32))
TOPIC = "loa/v1/from/loa-01/state"


def refused_by(function, *arguments):
    try:
        value = function(*arguments)
    except Refused as refused:
        return refused.code
    raise AssertionError("not refused: {}".format(value))


def test_hmac_is_that_of_rfc_4231():
    for key, message, mac in (
        (b"\x0b" * 20, b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        (b"Jefe", b"what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        (
            b"\xaa" * 131,
            b"Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        ),
    ):
        assert binascii.hexlify(reports.hmac_sha256(key, message)).decode() == mac


def test_a_report_opens_where_it_belongs():
    fields = {"online": True, "volume": 80, "playing": None, "title": "Bản tin"}
    payload = reports.seal(KEY, TOPIC, fields)
    assert reports.open_report(KEY, TOPIC, payload) == fields
    assert reports.open_report(KEY, TOPIC, bytearray(payload)) == fields
    assert json.loads(payload)["mac"] == payload.decode()[-45:-2]
    assert refused_by(reports.open_report, KEY[1:], TOPIC, payload) == SIGNATURE
    assert refused_by(reports.open_report, KEY, "loa/v1/from/loa-02/state", payload) == SIGNATURE


def test_any_changed_byte_is_found():
    payload = reports.seal(KEY, TOPIC, {"n": 1})
    for index in range(len(payload)):
        changed = bytearray(payload)
        changed[index] ^= 1
        assert refused_by(reports.open_report, KEY, TOPIC, bytes(changed)) in (SIGNATURE, MALFORMED)


def test_what_is_no_report():
    sealed_text = b'{"n":1'  # signed as it stands, though it is no JSON
    broken = reports.seal(KEY, TOPIC, {"n": 1}).replace(b'"n"', b'"n')
    for payload in (b"", b"{}", b'{"n":1}', b'{"mac":"' + b"A" * 43 + b'"}', broken[10:], sealed_text, b"\xff" * 80):
        assert refused_by(reports.open_report, KEY, TOPIC, payload) in (MALFORMED, SIGNATURE)
    assert refused_by(reports.open_report, KEY, TOPIC, b"x" * 8193) == OVERSIZED
    assert refused_by(reports.seal, KEY, TOPIC, {"x": "y" * 8192}) == OVERSIZED
