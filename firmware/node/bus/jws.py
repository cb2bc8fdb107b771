"""Takes a compact JWS apart (RFC 7515, 3.1 and 7.1). Believes nothing: who signed, and whether, is for `trust` and `rs256`.

Of the header's members only `alg` and `kid` are read; a key that a document brings along (`jwk`, `x5c`, `jku`) is never looked at.
"""

from micropython import const

from node.bus.encoding import from_base64url, json_object, text_of
from node.bus.limits import DOCUMENT_BYTES_MAX
from node.bus.topics import SEGMENT_MAX, is_segment
from node.refusal import ALGORITHM, MALFORMED, OVERSIZED, Refused

_HEADER_MAX = const(256)  # of base64url, four times what `alg` and `kid` need


def parse(raw):
    """`(header, payload, signed, signature)` of `raw` (bytes or bytearray): the header as a dict with a well-formed `kid`, the payload as text, so that
    a small board does not hold it twice while it reads its JSON, the rest as bytes.

    `signed`, a view of `raw`, is the JWS signing input (RFC 7515, 5.2, step 8). Raises Refused: OVERSIZED beyond `DOCUMENT_BYTES_MAX`, before anything
    is copied; MALFORMED; ALGORITHM for any other than RS256, `none` among them.
    """
    if len(raw) > DOCUMENT_BYTES_MAX:
        raise Refused(OVERSIZED, "{} bytes of at most {}".format(len(raw), DOCUMENT_BYTES_MAX))
    first = raw.find(b".")
    second = raw.find(b".", first + 1)
    if first < 0 or second < 0 or raw.find(b".", second + 1) >= 0:
        raise Refused(MALFORMED, "not three parts")
    if first > _HEADER_MAX:
        raise Refused(MALFORMED, "a header of {} letters".format(first))
    view = memoryview(raw)
    header = json_object(text_of(from_base64url(view[:first])))
    if header.get("alg") != "RS256":
        raise Refused(ALGORITHM, "not RS256")
    if "crit" in header:  # RFC 7515, 4.1.11: what must be understood and is not
        raise Refused(MALFORMED, "a header with critical extensions")
    kid = header.get("kid")
    if not isinstance(kid, str) or len(kid) > SEGMENT_MAX or not is_segment(kid):
        raise Refused(MALFORMED, "a header without a proper kid")
    return header, text_of(from_base64url(view[first + 1 : second])), view[:second], from_base64url(view[second + 1 :])
