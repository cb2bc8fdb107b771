"""HTTP/1.1 GET (RFC 9110, RFC 9112) for documents, files and live streams, ICY servers included.

One request a connection, everything bounded: head, redirects, waiting. What a status means is the caller's business.
"""

from micropython import const

from node.link import body, url
from node.refusal import MALFORMED, ORIGIN, REDIRECTS, Refused

_TIMEOUT_MS = const(10_000)
_REDIRECTS_MAX = const(5)
_INTERIM_MAX = const(4)
_LINE_MAX = const(2048)
_HEAD_MAX = const(8192)
_FIELDS_MAX = const(64)
_MOVED = (301, 302, 303, 307, 308)
_OK = const(200)


async def get(net, address, headers=None, timeout_ms=_TIMEOUT_MS, head_ms=_TIMEOUT_MS, total_ms=None, least_rate=body.LEAST_RATE):
    """GET the http or https URL `address` and return its `Response`, whose body is still to be read and which must be closed.

    `timeout_ms` bounds connecting and then each wait; `head_ms` request and head of the answer; `total_ms`, if given, all of the body. A body that
    comes more slowly than `least_rate` bytes a second, while it is waited for, is given up. `https` uses `net.tls`.
    Raises Refused: UNREACHABLE, TIMEOUT, ORIGIN, REDIRECTS (too many, or from https to http), MALFORMED (not HTTP, or larger than a head may be).
    """
    target = url.Url(address)
    for _ in range(_REDIRECTS_MAX + 1):
        response = await _ask(net, target, headers or {}, timeout_ms, head_ms, least_rate)
        if response.status not in _MOVED or "location" not in response.headers:
            response.limit(total_ms)
            return response
        response.close()
        following = url.Url(url.join(target, response.headers["location"]))
        if target.secure and not following.secure:
            raise Refused(REDIRECTS, f"sent from https to {following.origin}")
        target = following
    raise Refused(REDIRECTS, f"more than {_REDIRECTS_MAX} redirects from {address}")


async def _ask(net, target, headers, timeout_ms, head_ms, least_rate):
    if target.secure and not net.tls:
        raise Refused(ORIGIN, f"https to {target.host}, but no CA is trusted yet")
    stream = await net.connect(target.host, target.port, net.tls if target.secure else None, target.host, timeout_ms)
    try:
        stream.limit(head_ms)
        stream.write(_request(target, headers))
        await stream.drain()
        status, fields = await _head(stream)
        return body.Response(stream, status, fields, least_rate)
    except BaseException:
        stream.close()
        raise


def _request(target, headers):
    lines = [f"GET {target.target} HTTP/1.1", "Host: " + target.authority, "Connection: close", "Accept-Encoding: identity"]
    for name in headers:
        line = f"{name}: {headers[name]}"
        if "\r" in line or "\n" in line:
            raise ValueError("a line break in a header")
        lines.append(line)
    lines.append("\r\n")
    return "\r\n".join(lines).encode()


async def _head(stream):
    """Status and fields of the final answer, behind at most a few interim ones (RFC 9110, 15.2)."""
    for _ in range(_INTERIM_MAX):
        line = await body.whole_line(stream, _LINE_MAX)
        status = parse_status(line)
        fields = await _fields(stream)
        if status >= _OK:
            return status, fields
    raise Refused(MALFORMED, "only interim answers")


async def _fields(stream):
    fields = {}
    room = _HEAD_MAX
    for _ in range(_FIELDS_MAX):
        line = await body.whole_line(stream, min(_LINE_MAX, room))
        room -= len(line)
        if line in body.EMPTY:
            return fields
        name, value = parse_field(line)
        fields[name] = f"{fields[name]}, {value}" if name in fields else value
    raise Refused(MALFORMED, f"more than {_FIELDS_MAX} header fields")


def parse_status(line):
    """Status of a status line (RFC 9112, 4), also of SHOUTcast's `ICY 200 OK`. MALFORMED for anything else."""
    words = line.split(None, 2)
    if len(words) < 2 or not (words[0] == b"ICY" or words[0].startswith(b"HTTP/1.")):
        raise Refused(MALFORMED, "not an HTTP/1 answer")
    if len(words[1]) != 3 or not body.is_decimal(words[1]) or words[1] < b"100":
        raise Refused(MALFORMED, "not an HTTP status")
    return int(words[1])


def parse_field(line):
    """`(name in lower case, value)` of a header line (RFC 9112, 5). A folded line is refused as 5.2 allows; bytes beyond ASCII become `?`."""
    at = line.find(b":")
    name = line[: max(at, 0)]
    if not name or name != name.strip():
        raise Refused(MALFORMED, "not a header line")
    return ascii_text(name).lower(), ascii_text(line[at + 1 :].strip())


def ascii_text(octets):
    """Text of octets in which everything beyond printable ASCII is a `?`."""
    return "".join(chr(octet) if 32 <= octet < 127 else "?" for octet in octets)
