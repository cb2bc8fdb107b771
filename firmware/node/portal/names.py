"""A name server that has one answer to every question: this node. So a phone that looks for the Internet finds the page. RFC 1035, IPv4 only."""

import asyncio
import socket
import struct
from errno import EAGAIN

from micropython import const

_HEADER = const(12)
_QUESTION_MAX = const(255)
_DATAGRAM_MAX = const(512)
_A = const(1)
_IN = const(1)
_RESPONSE = const(0x8400)  # an answer with authority
_RECURSION_DESIRED = const(0x0100)
_OPCODE = const(0x7800)
_ALIAS = b"\xc0\x0c"  # the name that was asked for
_TTL_S = const(5)  # phones must forget it soon
_POLL_MS = const(50)


def answer(query, address):
    """The answer to a question (bytes), or None for what is none. `address`: 4 bytes. Other types than A get an answer without an address."""
    if not _HEADER < len(query) <= _DATAGRAM_MAX:
        return None
    number, flags, questions = struct.unpack(">HHH", query[:6])
    end = _question_end(query)
    if flags & (_OPCODE | 0x8000) or questions != 1 or end is None:
        return None
    kind, family = struct.unpack(">HH", query[end - 4 : end])
    is_address = kind == _A and family == _IN
    head = struct.pack(">HHHHHH", number, _RESPONSE | flags & _RECURSION_DESIRED, 1, 1 if is_address else 0, 0, 0)
    record = _ALIAS + struct.pack(">HHIH", _A, _IN, _TTL_S, len(address)) + address if is_address else b""
    return head + query[_HEADER:end] + record


def _question_end(query):
    """Where the first question ends, or None if it does not."""
    at = _HEADER
    while at < len(query) and query[at]:
        if query[at] > 63 or at - _HEADER > _QUESTION_MAX:  # a pointer has no place in a question
            return None
        at += query[at] + 1
    end = at + 5
    return end if end <= len(query) else None


async def serve(address, port):
    """Task: answer for ever. `address`: of this node, dotted. Raises OSError if the port is taken."""
    own = bytes(int(part) for part in address.split("."))
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(socket.getaddrinfo("0.0.0.0", port)[0][-1])
        server.setblocking(False)
        while True:
            await asyncio.sleep_ms(_POLL_MS if not _serve_one(server, own) else 0)
    finally:
        server.close()


def _serve_one(server, own):
    """True if a datagram was there."""
    try:
        query, asker = server.recvfrom(_DATAGRAM_MAX)
        reply = answer(query, own)
        if reply:
            server.sendto(reply, asker)
    except OSError as error:
        if error.errno == EAGAIN:
            return False
        print("names:", error)  # the phone has gone, or there is no room: the next question is as good
    return True
