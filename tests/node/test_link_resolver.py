"""Names are resolved without blocking, from servers that answer well, badly or not at all."""

import asyncio
import struct
import time

from support_link import UdpServer, refusal_of

from node import refusal
from node.link import dns
from node.link.resolver import Resolver, is_address

NAME = "broker.example"


def encoded(name):
    return b"".join(bytes((len(label),)) + label.encode() for label in name.split(".")) + b"\0"


def record(owner, kind, ttl, data):
    return owner + struct.pack(">HHIH", kind, 1, ttl, len(data)) + data


def reply(request, records, flags=0x8180, count=None):
    return request[:2] + struct.pack(">HHHHH", flags, 1, len(records) if count is None else count, 0, 0) + request[12:] + b"".join(records)


def address(last, ttl=300, owner=b"\xc0\x0c"):
    return record(owner, 1, ttl, bytes((10, 0, 0, last)))


def _replies(*records, flags=0x8180):
    return UdpServer(lambda request: [reply(request, list(records), flags)])


async def _resolve(*servers):
    resolver = Resolver(lambda: [("127.0.0.1", server.port) for server in servers], try_ms=300)
    try:
        return await resolver.resolve(NAME)
    finally:
        for server in servers:
            server.close()


async def test_addresses_and_localhost_need_no_server():
    resolver = Resolver(lambda: ())
    assert await resolver.resolve("192.168.4.1") == "192.168.4.1"
    assert await resolver.resolve("localhost") == "127.0.0.1"
    assert (await refusal_of(resolver.resolve("loa.example"))).code == refusal.UNREACHABLE
    for name in ("", ".", "a..b", "x" * 64 + ".example", "a b", "x." * 200):
        assert (await refusal_of(resolver.resolve(name))).code == refusal.UNREACHABLE


async def test_address_and_cname_chain():
    assert await _resolve(_replies(address(7))) == "10.0.0.7"
    alias, other = encoded("edge.example"), encoded("pop.edge.example")
    chain = (address(9, owner=other), record(alias, 5, 60, other), record(b"\xc0\x0c", 5, 60, alias))
    assert await _resolve(_replies(*chain)) == "10.0.0.9"


async def test_case_of_the_answer_does_not_matter():
    server = UdpServer(lambda request: [reply(request[:12] + request[12:].upper()[:-4] + request[-4:], [address(7)])])
    assert await _resolve(server) == "10.0.0.7"


async def test_forged_answers_are_passed_over():
    def forge(request):
        wrong_number = bytes((request[0] ^ 1,)) + reply(request, [address(66)])[1:]
        wrong_name = reply(request[:13] + b"x" + request[14:], [address(66)])
        return [b"", b"x" * 5, wrong_number, wrong_name, request, reply(request, [address(7)])]

    assert await _resolve(UdpServer(forge)) == "10.0.0.7"


async def test_answers_from_elsewhere_are_not_looked_at():
    import socket

    stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    class _Hijacked(UdpServer):
        async def _run(self):
            while True:
                try:
                    request, sender = self._socket.recvfrom(600)
                except OSError:
                    await asyncio.sleep_ms(2)
                    continue
                stranger.sendto(reply(request, [address(66)]), sender)
                await asyncio.sleep_ms(30)
                self._socket.sendto(reply(request, [address(7)]), sender)

    assert await _resolve(_Hijacked(None)) == "10.0.0.7"
    stranger.close()


async def test_next_server_where_one_fails():
    assert await _resolve(_replies(flags=0x8182), _replies(address(7))) == "10.0.0.7"
    dead = UdpServer(lambda request: [])
    dead.close()
    assert await _resolve(dead, _replies(address(7))) == "10.0.0.7"


async def test_no_such_name_is_not_asked_again_elsewhere():
    first, second = _replies(flags=0x8183), _replies(address(7))
    assert (await refusal_of(_resolve(first, second))).code == refusal.UNREACHABLE
    assert not second.requests


async def test_others_run_while_a_dead_server_is_awaited():
    ticks = 0

    async def count():
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep_ms(10)

    counting = asyncio.create_task(count())
    mute = UdpServer(lambda request: [])
    asked = len(mute.requests)
    await _resolve(mute, _replies(address(7)))
    counting.cancel()
    assert len(mute.requests) == asked + 1 and ticks > 20


class _Steps:
    """Answers the nth query with the nth of a list of records, later ones with silence."""

    def __init__(self, *steps):
        self._steps = list(steps)
        self.server = UdpServer(self._reply)
        self.resolver = Resolver(lambda: [("127.0.0.1", self.server.port)], try_ms=100)

    def _reply(self, request):
        return [reply(request, self._steps.pop(0))] if self._steps else []


async def test_ttl_is_honoured_within_limits():
    steps = _Steps([address(1, ttl=0)], [address(2)])
    for _ in range(3):
        assert await steps.resolver.resolve(NAME) == "10.0.0.1"
    assert await steps.resolver.resolve(NAME.upper()) == "10.0.0.1"
    assert len(steps.server.requests) == 1  # even a TTL of 0 holds for half a minute
    entry = steps.resolver._known[NAME]
    assert 25000 < time.ticks_diff(entry._stale_at, time.ticks_ms()) <= 30000
    entry._stale_at = time.ticks_ms()
    assert await steps.resolver.resolve(NAME) == "10.0.0.2"
    steps.server.close()


async def test_a_doubted_address_is_asked_for_again_and_outlives_dead_servers():
    steps = _Steps([address(1), address(2)])
    assert await steps.resolver.resolve(NAME) == "10.0.0.1"
    steps.server.close()
    steps.resolver.doubt(NAME)
    assert await steps.resolver.resolve(NAME) == "10.0.0.2"
    steps.resolver.doubt(NAME)
    assert await steps.resolver.resolve(NAME) == "10.0.0.1"


async def test_the_cache_is_bounded():
    server = _replies(address(1))
    resolver = Resolver(lambda: [("127.0.0.1", server.port)])
    for number in range(20):
        await resolver.resolve("host{}.example".format(number))
    server.close()
    assert len(resolver._known) == 8 and "host19.example" in resolver._known


def _answer(*records, flags=0x8180, count=None):
    asked = dns.question(0x1234, NAME)
    return dns.answer(reply(asked, list(records), flags, count), asked)


def _is_malformed(*records, flags=0x8180, count=None):
    try:
        _answer(*records, flags=flags, count=count)
        return False
    except dns.Malformed:
        return True


def test_messages():
    assert _answer(address(1, 60), address(2, 30)) == (("10.0.0.1", "10.0.0.2"), 30)
    assert _answer(*[address(n) for n in range(9)])[0] == ("10.0.0.0", "10.0.0.1", "10.0.0.2", "10.0.0.3")
    assert _answer() == ((), 0)
    assert _answer(flags=0x8183) == ((), 0)
    assert _answer(flags=0x8185) is None
    assert _answer(address(1, 0x80000000)) == (("10.0.0.1",), 0)
    assert _answer(record(b"\xc0\x0c", 28, 60, bytes(16)), address(1))[0] == ("10.0.0.1",)
    assert _answer(address(1, owner=encoded("other.example"))) == ((), 0)
    assert _answer(address(1), count=2, flags=0x8380) == (("10.0.0.1",), 300)
    assert _answer(count=2, flags=0x8380) is None


def test_malformed_messages():
    itself = 12 + len(encoded(NAME)) + 4
    for target in (itself, itself + 1, 200, 0x3FFF):
        assert _is_malformed(record(bytes((0xC0 | target >> 8, target & 0xFF)), 1, 60, bytes(4)))
    ring = b"\x01a" + bytes((0xC0, itself))
    assert _is_malformed(record(ring, 1, 60, bytes(4)))
    assert _is_malformed(record(b"\xc0\x0c", 1, 60, bytes(3)))
    assert _is_malformed(record(b"\x40", 1, 60, bytes(4)))
    assert _is_malformed(address(1), count=2)
    assert _is_malformed(address(1)[:-1])
    assert _is_malformed(record(b"\xc0\x0c", 5, 60, b"\xc0"))
    assert _is_malformed(address(1), flags=0x0180)
    loop = record(b"\xc0\x0c", 5, 60, b"\xc0\x0c")
    assert _answer(*[loop] * 40) == ((), 0)


def test_what_is_an_address():
    assert all(is_address(text) for text in ("0.0.0.0", "255.255.255.255"))
    assert not any(is_address(text) for text in ("", "1.2.3", "1.2.3.256", "1.2.3.4.5", "1.2.3.x", "1.2.3.", "0001.2.3.4"))
