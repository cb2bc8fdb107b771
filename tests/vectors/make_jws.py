"""Makes jws.json: documents as a node may meet them, and what it says to each. Run once; the keys are thrown away.

    python tests/vectors/make_jws.py > tests/vectors/jws.json

Signed by joserfc where the document is one that a library would sign, by hand where it is not.
"""

import hashlib
import hmac
import json
import sys
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jws
from joserfc.jwk import RSAKey

NOW = 1790000000
DAY = 86400
AREA = "son-la/moc-chau/ban-hin"
COMMUNE = "son-la/moc-chau"
NODE = "loa-01"
SHA256 = "A" * 43
INFO = bytes.fromhex("3031300d060960864801650304020105000420")
INFO_WITHOUT_NULL = bytes.fromhex("302f300b0609608648016503040201" + "0420")


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


class Key:
    def __init__(self, kid: str, exponent: int = 65537) -> None:
        self.kid = kid
        self._key = rsa.generate_private_key(exponent, 2048)
        pem = self._key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        self.jwk = RSAKey.import_key(pem)
        numbers = self._key.private_numbers()
        self.n, self.e, self.d = numbers.public_numbers.n, exponent, numbers.d

    def public(self) -> dict[str, Any]:
        return {"n": b64(self.n.to_bytes(256, "big")), "e": self.e}

    def sign(self, payload: dict[str, Any] | bytes, kid: str | None = None) -> str:
        header = {"alg": "RS256", "kid": kid or self.kid}
        return jws.serialize_compact(header, payload if isinstance(payload, bytes) else text_of(payload), self.jwk)

    def sign_encoded(self, payload: dict[str, Any], encoded: Any) -> str:
        """Signed over an encoded message that a function of the signing input makes."""
        signed = unsigned({"alg": "RS256", "kid": self.kid}, text_of(payload))
        number = int.from_bytes(encoded(signed.encode()), "big")
        return signed + "." + b64(pow(number, self.d, self.n).to_bytes(256, "big"))


def text_of(payload: Any) -> bytes:
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()


def unsigned(header: Any, payload: bytes) -> str:
    return b64(text_of(header)) + "." + b64(payload)


def padded(info: bytes, digest: bytes) -> bytes:
    return b"\x00\x01" + b"\xff" * (256 - 3 - len(info) - len(digest)) + b"\x00" + info + digest


def forged(signed: bytes) -> bytes:
    """Bleichenbacher's forgery for e = 3: a cube whose beginning looks like an encoded message with eight bytes of padding."""
    head = b"\x00\x01" + b"\xff" * 8 + b"\x00" + INFO + hashlib.sha256(signed).digest()
    wanted = int.from_bytes(head + b"\xff" * (256 - len(head)), "big")
    low, high = 0, 1 << 684
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**3 <= wanted else (low, middle - 1)
    assert (low**3).to_bytes(256, "big").startswith(head)
    return low.to_bytes(256, "big")


root, station, province, neighbour = Key("root"), Key("moc-chau"), Key("son-la"), Key("neighbour")
cubic, gone, stranger = Key("cubic", 3), Key("gone"), Key("stranger")


def scope(
    key: Key, area: str, highest: str, types: tuple[str, ...] = ("plan", "air", "cmd", "seen", "release", "config", "trust")
) -> dict[str, Any]:
    return {"kid": key.kid, **key.public(), "areas": [area], "types": list(types), "class": highest}


def document(kind: str, audience: str, key: Key, body: dict[str, Any], **other: Any) -> dict[str, Any]:
    return {"typ": kind, "iss": key.kid, "aud": audience, "iat": NOW - 60, "exp": NOW + DAY, "rev": NOW - 60, **body, **other}


def bulletin(urgency: str = "normal") -> dict[str, Any]:
    return {
        "class": urgency,
        "title": "Bản tin sáng",
        "variants": [{"codec": "pcm16", "rate": 24000, "ms": 1000, "bytes": 48044, "sha256": SHA256}],
    }


def plan_body(urgency: str = "normal", **other: Any) -> dict[str, Any]:
    return {
        "zone": {"name": "Asia/Ho_Chi_Minh", "offsets": [[0, 420]]},
        "files": "http://station.example/files",
        "bulletins": {"tin": bulletin(urgency)},
        "slots": [{"id": "sang", "bulletin": "tin", "at": [18000]}],
        **other,
    }


def order(urgency: str, **other: Any) -> dict[str, Any]:
    return {"id": "lenh", "do": "siren", "class": urgency, "from": NOW, "until": NOW + 600, **other}


def air_body(*orders: dict[str, Any]) -> dict[str, Any]:
    return {"files": "http://station.example/files", "orders": list(orders)}


TRUST_BODY = {
    "keys": [
        scope(station, COMMUNE, "urgent"),
        scope(province, "son-la", "priority"),
        scope(neighbour, "son-la/yen-chau", "urgent"),
        scope(cubic, COMMUNE, "urgent", ("plan",)),
        scope(gone, COMMUNE, "urgent"),
    ],
    "revoked": ["gone"],
    "ca": "-----BEGIN CERTIFICATE-----",
}
TRUST = root.sign(document("trust", COMMUNE, root, TRUST_BODY))
PLAN = document("plan", COMMUNE, station, plan_body())
COMMAND = document("cmd", "node/" + NODE, station, {"id": "ping-1", "do": "ping"})
cases: list[dict[str, Any]] = []


def case(
    name: str, code: str | None, raw: str, kind: str = "plan", audience: str = COMMUNE, topic: str | None = None, after: str | None = None
) -> None:
    """`code`: the refusal, None if it is admitted. `after`: the case that is admitted and committed before, if any."""
    cases.append({"name": name, "code": code, "topic": topic or f"loa/v1/to/{audience}/{kind}", "after": after, "raw": raw})


def with_signature(raw: str, signature: bytes) -> str:
    return raw.rsplit(".", 1)[0] + "." + b64(signature)


def too_large() -> str:
    """A signature to which the modulus was added, where 256 bytes hold the sum: RFC 8017, 5.2.2 wants it out of range."""
    for later in range(1000):
        raw = station.sign({**PLAN, "exp": PLAN["exp"] + later})
        signature = raw.rsplit(".", 1)[1]
        number = int.from_bytes(urlsafe_b64decode(signature + "=="), "big") + station.n
        if number < 1 << 2048:
            return with_signature(raw, number.to_bytes(256, "big"))
    raise AssertionError("try another key")


good = station.sign(PLAN)
head, middle, tail = good.split(".")
signed_part = f"{head}.{middle}".encode()
number = pow(int.from_bytes(padded(INFO, hashlib.sha256(signed_part).digest()), "big"), station.d, station.n)
by_itself = json.loads(json.dumps(PLAN))

case("good plan", None, good)
case("good plan of the province", None, province.sign(document("plan", "son-la", province, plan_body())), audience="son-la")
case("good urgent order", None, station.sign(document("air", AREA, station, air_body(order("urgent")))), "air", AREA)
case(
    "good order for the node",
    None,
    station.sign(document("air", "node/" + NODE, station, air_body(order("normal")))),
    "air",
    "node/" + NODE,
)
case("good command", None, station.sign(COMMAND), "cmd", "node/" + NODE)
case(
    "good seen",
    None,
    station.sign(document("seen", "node/" + NODE, station, {"nonce": "n1", "n": 3, "journal": "j1"})),
    "seen",
    "node/" + NODE,
)
case("good trust", None, TRUST, "trust")
case(
    "good with members of the future",
    None,
    station.sign({**PLAN, "later": {"x": [1.5, None]}, "slots": [{**PLAN["slots"][0], "new": True}]}),
)
case("good with e = 3", None, cubic.sign(document("plan", COMMUNE, cubic, plan_body())))

case("oversized", "oversized", good + "A" * (8193 - len(good)))
case("of the largest size and cut", "malformed", (good + "A" * 8192)[:8192].replace(".", "_", 1))
case("empty", "malformed", "")
case("two parts", "malformed", f"{head}.{middle}")
case("four parts", "malformed", good + ".AAAA")
case("padded", "malformed", f"{head}=.{middle}.{tail}")
case("standard alphabet", "malformed", f"{head}.{middle}.{tail[:-4]}+/+/")
case("stray bits", "malformed", f"{head}.{middle}.{tail[:-1]}" + ("B" if tail[-1] != "B" else "C"))
case("a line break inside", "malformed", f"{head}.{middle[:8]}\n{middle[8:]}.{tail}")
case("header too long", "malformed", unsigned({"alg": "RS256", "kid": "moc-chau", "x": "y" * 300}, text_of(PLAN)) + "." + tail)
case("header is no object", "malformed", unsigned(["RS256"], text_of(PLAN)) + "." + tail)
case("header is no JSON", "malformed", b64(b"{") + f".{middle}.{tail}")
case("no kid", "malformed", unsigned({"alg": "RS256"}, text_of(PLAN)) + "." + tail)
case("kid is a list", "malformed", unsigned({"alg": "RS256", "kid": ["moc-chau"]}, text_of(PLAN)) + "." + tail)
case(
    "critical extension",
    "malformed",
    unsigned({"alg": "RS256", "kid": "moc-chau", "crit": ["b64"], "b64": False}, text_of(PLAN)) + "." + tail,
)
case("topic of nobody", "malformed", good, topic="loa/v1/to/plan")
case("topic with a bad area", "malformed", good, topic="loa/v1/to/Son-La/plan")

case("alg none", "algorithm", unsigned({"alg": "none", "kid": "moc-chau"}, text_of(PLAN)) + ".")
hs_input = unsigned({"alg": "HS256", "kid": "moc-chau"}, text_of(PLAN))
public_pem = station.jwk.as_pem(private=False)
case("alg HS256 keyed with the public key", "algorithm", hs_input + "." + b64(hmac.digest(public_pem, hs_input.encode(), "sha256")))
case("alg RS512", "algorithm", jws.serialize_compact({"alg": "RS512", "kid": "moc-chau"}, text_of(PLAN), station.jwk, algorithms=["RS512"]))
case("alg missing", "algorithm", unsigned({"kid": "moc-chau"}, text_of(PLAN)) + "." + tail)
case("alg is a list", "algorithm", unsigned({"alg": ["RS256"], "kid": "moc-chau"}, text_of(PLAN)) + "." + tail)

case("unknown key", "key-unknown", stranger.sign(document("plan", COMMUNE, stranger, plan_body())))
own = jws.serialize_compact({"alg": "RS256", "kid": "stranger", "jwk": stranger.jwk.as_dict(private=False)}, text_of(PLAN), stranger.jwk)
case("brings its own key in a header too long", "malformed", own)
case("revoked key", "key-revoked", gone.sign(document("plan", COMMUNE, gone, plan_body())))

case("another key's signature", "signature", stranger.sign(PLAN, kid="moc-chau"))
case("payload changed", "signature", f"{head}.{b64(text_of({**PLAN, 'rev': NOW}))}.{tail}")
case("signature of another document", "signature", with_signature(good, number.to_bytes(256, "big")[::-1]))
case("no signature", "signature", f"{head}.{middle}.")
case("signature of zero", "signature", with_signature(good, bytes(256)))
case("signature of one", "signature", with_signature(good, bytes(255) + b"\x01"))
case("signature and the modulus added", "signature", too_large())
case("signature with a leading zero", "signature", with_signature(good, b"\x00" + number.to_bytes(256, "big")))
case("digest info without NULL", "signature", station.sign_encoded(PLAN, lambda s: padded(INFO_WITHOUT_NULL, hashlib.sha256(s).digest())))
case(
    "padding of zeros",
    "signature",
    station.sign_encoded(PLAN, lambda s: padded(INFO, hashlib.sha256(s).digest()).replace(b"\xff", b"\x00")),
)
case(
    "hash not at the end",
    "signature",
    station.sign_encoded(PLAN, lambda s: (b"\x00\x01" + b"\xff" * 8 + b"\x00" + INFO + hashlib.sha256(s).digest()).ljust(256, b"\x00")),
)
cubed = unsigned({"alg": "RS256", "kid": "cubic"}, text_of(document("plan", COMMUNE, cubic, plan_body())))
case("forged for e = 3", "signature", cubed + "." + b64(forged(cubed.encode())))

case("payload is no JSON", "malformed", station.sign(b"plan"))
case("payload is no object", "malformed", station.sign(b"[1]"))
case("payload is not UTF-8", "malformed", station.sign(b'{"typ":"\xff"}'))
case("payload nested without end", "malformed", station.sign(b"[" * 4000))
case("no revision", "malformed", station.sign({name: value for name, value in PLAN.items() if name != "rev"}))
case("revision is no number", "malformed", station.sign({**PLAN, "rev": "7"}))
case("revision of zero", "malformed", station.sign({**PLAN, "rev": 0}))
case("no expiry", "malformed", station.sign({name: value for name, value in PLAN.items() if name != "exp"}))
case("iss is somebody else", "malformed", station.sign({**PLAN, "iss": "son-la"}))
case("a slot at 25 o'clock", "malformed", station.sign({**PLAN, "slots": [{"id": "sang", "bulletin": "tin", "at": [90000]}]}))
case("a title that is half a letter", "malformed", station.sign(text_of(PLAN).replace("Bản".encode(), b"\\ud800" * 33)))
case(
    "a trust key of 1024 bits",
    "malformed",
    root.sign(document("trust", COMMUNE, root, {"keys": [{**scope(station, COMMUNE, "normal"), "n": b64(b"\x81" * 128)}]})),
    "trust",
)
case(
    "a trust key named root",
    "malformed",
    root.sign(document("trust", COMMUNE, root, {"keys": [{**scope(station, COMMUNE, "normal"), "kid": "root"}]})),
    "trust",
)

case("air under the topic of the plan", "type-wrong", station.sign(document("air", COMMUNE, station, air_body())))
case("a type of another version under the plan", "type-wrong", station.sign({**PLAN, "typ": "weather"}))
case("release", "type-unknown", station.sign(document("release", COMMUNE, station, {})), "release")
case("config", "type-unknown", station.sign(document("config", "node/" + NODE, station, {})), "config", "node/" + NODE)
case("a type of another version", "type-unknown", station.sign(document("weather", COMMUNE, station, {})), "weather")

case("audience of another topic", "audience", station.sign(document("plan", AREA, station, plan_body())))
case(
    "a neighbour's document under its own topic",
    "audience",
    neighbour.sign(document("plan", "son-la/yen-chau", neighbour, plan_body())),
    audience="son-la/yen-chau",
)
case("another node's order", "audience", station.sign(document("air", "node/loa-02", station, air_body())), "air", "node/loa-02")
case("a plan for one node", "audience", station.sign(document("plan", "node/" + NODE, station, plan_body())), "plan", "node/" + NODE)
case("a command for an area", "audience", station.sign(document("cmd", COMMUNE, station, {"id": "ping-1", "do": "ping"})), "cmd")

case("trust signed by a station", "scope", station.sign(document("trust", COMMUNE, station, {"keys": []})), "trust")
case("a plan signed by the root", "scope", root.sign(document("plan", COMMUNE, root, plan_body())))
case("a type that is not the key's", "scope", cubic.sign(document("air", COMMUNE, cubic, air_body())), "air")
case("out of area", "scope", neighbour.sign(document("plan", COMMUNE, neighbour, plan_body())))
case("out of area upwards", "scope", station.sign(document("plan", "son-la", station, plan_body())), audience="son-la")
case("out of area for the node", "scope", neighbour.sign({**COMMAND, "iss": "neighbour"}), "cmd", "node/" + NODE)
case("over-class order", "scope", province.sign(document("air", COMMUNE, province, air_body(order("normal"), order("urgent")))), "air")
case("over-class bulletin", "scope", province.sign(document("plan", COMMUNE, province, plan_body("urgent"))))
case(
    "over-class bulletin in an order",
    "scope",
    province.sign(document("air", COMMUNE, province, air_body(order("priority", do="bulletin", bulletin=bulletin("urgent"))))),
    "air",
)

case("expired", "expired", station.sign({**PLAN, "exp": NOW}))
case("far-future revision", "revision-future", station.sign({**PLAN, "rev": NOW + DAY + 60}))
case("issued far in the future", "revision-future", station.sign({**PLAN, "iat": NOW + DAY + 60, "exp": NOW + 9 * DAY}))
case("a day ahead", None, station.sign({**PLAN, "rev": NOW + DAY}))
case("older revision", "revision-old", station.sign({**PLAN, "rev": PLAN["rev"] - 1}), after="good plan")
case("other bytes of the same revision", "revision-old", station.sign({**PLAN, "accept": True}), after="good plan")
case("newer revision", None, station.sign({**PLAN, "rev": PLAN["rev"] + 1}), after="good plan")
case("replayed command", "replayed", station.sign(COMMAND), "cmd", "node/" + NODE, after="good command")
case(
    "replayed command under a new revision", "replayed", station.sign({**COMMAND, "rev": NOW}), "cmd", "node/" + NODE, after="good command"
)
case(
    "older command that was lost",
    None,
    station.sign({**COMMAND, "id": "ping-0", "rev": NOW - 90}),
    "cmd",
    "node/" + NODE,
    after="good command",
)

vectors = {
    "now": NOW,
    "area": AREA,
    "node": NODE,
    "root": root.public(),
    "trust": {"topic": f"loa/v1/to/{COMMUNE}/trust", "raw": TRUST},
    "cases": cases,
}
json.dump(vectors, sys.stdout, indent=0, ensure_ascii=False)
sys.stdout.write("\n")
