"""base64url and JSON are read strictly, and a compact JWS is taken apart without belief."""

import asyncio

from support_bus import Vectors

from node.bus import encoding, jws, rs256
from node.refusal import MALFORMED, OVERSIZED, Refused

VECTORS = Vectors()


def refused_by(function, *arguments):
    try:
        value = function(*arguments)
    except Refused as refused:
        return refused.code
    raise AssertionError("not refused: {}".format(value))


def test_base64url_round_trips():
    for size in range(0, 70):
        data = bytes((size * 37 + index * 101) & 0xFF for index in range(size))
        text = encoding.to_base64url(data)
        assert len(text) == (size * 4 + 2) // 3 and not any(letter in text for letter in "+/=\n")
        assert encoding.from_base64url(text.encode()) == data


def test_base64url_has_one_spelling():
    assert encoding.from_base64url(b"AA") == b"\x00"
    for text in (
        b"A",
        b"AB",
        b"AA=",
        b"AA==",
        b"AA=A",
        b"AAA=",
        b"AAB",
        b"A A",
        b"AA\n",
        b"AAA\n",
        b"AA+A",
        b"AA/A",
        b"AA.A",
        b"AA\x00A",
        b"\xff\xff",
    ):
        assert refused_by(encoding.from_base64url, text) == MALFORMED, text
    for text in (b"AAAAA", b"====", b"AAAA====", b"AA==AAAA", b"\n\n\n\n"):
        assert refused_by(encoding.from_base64url, text) == MALFORMED, text


def test_json_objects():
    assert encoding.json_object('{"a":[1,"é"]}') == {"a": [1, "é"]}
    assert encoding.json_object('{"a":1,"a":2}') == {"a": 2}
    for text in ("", "{", "[]", "1", "null", '"{}"', "{}x", "[" * 8000, '{"a":' * 1500, "\x00"):
        assert refused_by(encoding.json_object, text) == MALFORMED, text[:20]


def test_text_is_utf_8():
    assert encoding.text_of('{"a":"é"}'.encode()) == '{"a":"é"}'
    for data in (b'{"a":"\xff"}', b"\xc3", b"\xed\xa0"):
        assert refused_by(encoding.text_of, data) == MALFORMED, data


def test_parts_of_a_jws():
    _, raw = VECTORS.document("good plan")
    header, payload, signed, signature = jws.parse(raw)
    assert header == {"alg": "RS256", "kid": "moc-chau"}
    assert encoding.json_object(payload)["typ"] == "plan"
    assert raw.startswith(bytes(signed) + b".") and bytes(signed).count(b".") == 1
    assert len(signature) == 256


def test_the_size_is_judged_before_anything_is_done_with_the_bytes():
    class Bytes:
        def __len__(self):
            return 8193

    assert refused_by(jws.parse, Bytes()) == OVERSIZED


async def test_small_exponents_and_wrong_sizes():
    _, raw = VECTORS.document("good with e = 3")
    _, trust_payload, _, _ = jws.parse(VECTORS.trust[1])
    keys = {key["kid"]: key for key in encoding.json_object(trust_payload)["keys"]}
    n = encoding.from_base64url(keys["cubic"]["n"].encode())
    _, _, signed, signature = jws.parse(raw)
    assert await rs256.verify(n, 3, signed, signature)
    assert not await rs256.verify(n, 5, signed, signature)
    assert not await rs256.verify(n, 65537, signed, signature)
    assert not await rs256.verify(n, 3, bytes(signed) + b" ", signature)
    assert not await rs256.verify(n, 3, signed, signature[1:])
    assert not await rs256.verify(n[:61], 3, signed, signature[:61])  # too short a key for the hash and eight bytes of padding
    changed = bytearray(signature)
    for index in (0, 128, 255):
        changed[index] ^= 1
        assert not await rs256.verify(n, 3, signed, bytes(changed))
        changed[index] ^= 1


async def test_a_verification_lets_others_run_between_any_two_multiplications():
    _, raw = VECTORS.document("good plan")
    _, trust_payload, _, _ = jws.parse(VECTORS.trust[1])
    keys = {key["kid"]: key for key in encoding.json_object(trust_payload)["keys"]}
    n = encoding.from_base64url(keys["moc-chau"]["n"].encode())
    _, _, signed, signature = jws.parse(raw)
    turns = 0

    async def others():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep_ms(0)

    task = asyncio.create_task(others())
    assert await rs256.verify(n, 65537, signed, signature)
    task.cancel()
    assert turns >= 17
