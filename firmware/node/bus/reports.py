"""Signs what a node reports and opens it on the other side: HMAC-SHA256 (RFC 2104) under the node's key, over topic and text.

A report is JSON text whose last member is `mac`: base64url of the HMAC of `<topic>\\n<text without that member>`. The topic is in it, so that no broker can
pass a report off as another kind or another node's. Which members there are is `report_fields`'.
"""

import hashlib
import json

from micropython import const

from node.bus.encoding import json_object, text_of, to_base64url
from node.refusal import MALFORMED, OVERSIZED, SIGNATURE, Refused

REPORT_BYTES_MAX = 8192
_BLOCK = const(64)  # of SHA-256, RFC 2104, 2
_HEAD = b',"mac":"'
_TAIL = b'"}'
_MAC_LETTERS = const(43)
_MEMBER = len(_HEAD) + _MAC_LETTERS + len(_TAIL)


def seal(key, topic, fields):
    """The signed report as bytes; `fields` is a dict with at least one member. Raises Refused(OVERSIZED) beyond `REPORT_BYTES_MAX`."""
    text = json.dumps(fields, separators=(",", ":")).encode()
    payload = text[:-1] + _HEAD + _mac(key, topic, text) + _TAIL
    if len(payload) > REPORT_BYTES_MAX:
        raise Refused(OVERSIZED, "a report of {} bytes".format(len(payload)))
    return payload


def open_report(key, topic, payload):
    """The members of a signed report, without `mac`, as a dict. Raises Refused: OVERSIZED, MALFORMED, SIGNATURE."""
    if len(payload) > REPORT_BYTES_MAX:
        raise Refused(OVERSIZED, "a report of {} bytes".format(len(payload)))
    payload = bytes(payload)
    cut = len(payload) - _MEMBER
    if cut < 1 or payload[cut : cut + len(_HEAD)] != _HEAD or payload[-len(_TAIL) :] != _TAIL:
        raise Refused(MALFORMED, "a report whose last member is not its mac")
    text = payload[:cut] + b"}"
    if not _same(payload[cut + len(_HEAD) : -len(_TAIL)], _mac(key, topic, text)):
        raise Refused(SIGNATURE, "the mac does not fit")
    return json_object(text_of(text))


def _mac(key, topic, text):
    return to_base64url(hmac_sha256(key, topic.encode() + b"\n" + text)).encode()


def hmac_sha256(key, message):
    """HMAC of RFC 2104 over SHA-256, 32 bytes."""
    if len(key) > _BLOCK:
        key = hashlib.sha256(key).digest()
    key = key + bytes(_BLOCK - len(key))
    inner = hashlib.sha256(_padded(key, b"\x36"))
    inner.update(message)
    return hashlib.sha256(_padded(key, b"\x5c") + inner.digest()).digest()


def _padded(key, octet):
    """A block in which each octet of `key` is exclusive-ored with `octet`: as one number, because a loop over it costs a board a millisecond."""
    return (int.from_bytes(key, "big") ^ int.from_bytes(octet * _BLOCK, "big")).to_bytes(_BLOCK, "big")


def _same(one, other):
    """Compares in a time that does not tell where they differ."""
    difference = len(one) ^ len(other)
    for left, right in zip(one, other):
        difference |= left ^ right
    return difference == 0
