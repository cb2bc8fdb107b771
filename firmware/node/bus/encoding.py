"""The two text forms of everything on the wire, read alike by both runtimes: base64url without padding (RFC 7515, 2) and JSON objects.

Reads bytes that anybody may have sent: whatever they are, the answer is a value or `Refused(MALFORMED, ...)`.
"""

import binascii
import json

from micropython import const

from node.refusal import MALFORMED, Refused

_PIECE = const(512)  # letters, a multiple of four


def to_base64url(data):
    """Text of some bytes, without padding."""
    return binascii.b2a_base64(data).rstrip(b"=\n").replace(b"+", b"-").replace(b"/", b"_").decode()


def from_base64url(text):
    """The bytearray of `text` (bytes or a view), which must be exactly what `to_base64url` makes of them: no padding, no space,
    no stray bits behind the last byte.

    So no two texts mean the same bytes. The built-in decoder lets much through; encoding again finds it without a loop over letters. It goes by
    pieces, because a document that stands in memory several times over at once would not fit into that of a small board.
    """
    view = memoryview(text)
    data = bytearray(len(view) * 3 // 4)
    filled = 0
    for start in range(0, len(view), _PIECE):
        piece = _decoded(bytes(view[start : start + _PIECE]))
        data[filled : filled + len(piece)] = piece
        filled += len(piece)
    return data


def _decoded(text):
    plain = text.replace(b"-", b"+").replace(b"_", b"/") + b"=" * (-len(text) % 4)
    try:
        data = binascii.a2b_base64(plain)
    except ValueError:
        raise Refused(MALFORMED, "not base64url")
    if b"+" in text or b"/" in text or b"=" in text or binascii.b2a_base64(data)[:-1] != plain:
        raise Refused(MALFORMED, "not base64url as RFC 7515 writes it")
    return data


def text_of(data):
    """The text that `data` (bytes) is in UTF-8."""
    try:
        return str(data, "utf-8")
    except ValueError:
        raise Refused(MALFORMED, "not UTF-8")


def json_object(text):
    """The JSON object that `text` is, as a dict; of members with one name the last counts, as RFC 7515, 4 allows."""
    try:
        value = json.loads(text)
    except (ValueError, RuntimeError):  # RuntimeError: nested more deeply than the runtime follows
        raise Refused(MALFORMED, "not JSON")
    if not isinstance(value, dict):
        raise Refused(MALFORMED, "not a JSON object")
    return value
