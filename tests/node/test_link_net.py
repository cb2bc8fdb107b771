"""Connections by name and address, plain and over TLS, and what becomes of each failure."""

import asyncio
import hashlib
import os

from support_link import answering, body_of, network, refusal_of, serve, server_context, vector

from node import refusal
from node.link import http, tls
from node.link.net import Network
from node.link.resolver import Resolver

HELLO = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


class _Anywhere:
    """A resolver for which every name is this host."""

    def __init__(self):
        self.doubted = []

    async def resolve(self, name):
        return "127.0.0.1"

    def doubt(self, name):
        self.doubted.append(name)


def _client_context(name="ca"):
    return tls.client_context(vector("tls/" + name + ".pem"))


async def _over_tls(host, context, handler=None, server_tls=True):
    server, port = await serve(handler or answering(HELLO), server_context() if server_tls else None)
    try:
        response = await http.get(Network(_Anywhere(), context), "https://{}:{}/".format(host, port), timeout_ms=3000)
        return await body_of(response)
    finally:
        server.close()


async def test_tls_to_whom_the_ca_names():
    assert await _over_tls("station.test", _client_context()) == b"hello"


async def test_tls_carries_much_both_ways():
    size = 60000
    sent = b"0123456789" * (size // 10)

    async def echo(reader, writer):
        left = size
        while left:
            data = await reader.read(min(left, 4096))
            left -= len(data)
            writer.write(data)
            await writer.drain()

    server, port = await serve(echo, server_context())
    stream = await Network(_Anywhere()).connect("station.test", port, _client_context())
    back = b""

    async def receive():
        nonlocal back
        view = memoryview(bytearray(1000))
        while len(back) < size:
            back += bytes(view[: await stream.readinto(view)])

    receiving = asyncio.create_task(receive())
    for start in range(0, size, 3000):
        stream.write(sent[start : start + 3000])
        await stream.drain()
    await asyncio.wait_for_ms(receiving, 10000)
    stream.close()
    server.close()
    assert back == sent


async def test_another_ca_is_another_origin():
    assert (await refusal_of(_over_tls("station.test", _client_context("other-ca")))).code == refusal.ORIGIN


async def test_another_name_is_another_origin():
    assert (await refusal_of(_over_tls("elsewhere.test", _client_context()))).code == refusal.ORIGIN


async def test_several_cas_may_be_trusted():
    both = tls.client_context(vector("tls/other-ca.pem") + "\n" + vector("tls/ca.pem"))
    assert await _over_tls("station.test", both) == b"hello"


async def test_no_ca_no_https():
    assert (await refusal_of(_over_tls("station.test", None))).code == refusal.ORIGIN


async def _speak_no_tls(reader, writer):
    await reader.read(10)
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    await writer.drain()
    await reader.read(1000)


async def test_plain_server_where_tls_was_expected():
    assert (await refusal_of(_over_tls("station.test", _client_context(), _speak_no_tls, server_tls=False))).code == refusal.ORIGIN


async def test_handshake_that_is_never_answered_times_out():
    async def mute(reader, writer):
        await asyncio.sleep_ms(2000)

    server, port = await serve(mute)
    refused = await refusal_of(_speak(Network(_Anywhere()), port, 200))
    server.close()
    assert refused.code == refusal.TIMEOUT


async def _speak(net, port, timeout_ms):
    stream = await net.connect("station.test", port, _client_context(), timeout_ms=timeout_ms)
    try:
        stream.write(b"hello")
        await stream.drain()
    finally:
        stream.close()


async def test_peer_that_leaves_in_the_handshake_is_unreachable():
    async def leave(reader, writer):
        await reader.read(10)

    assert (await refusal_of(_over_tls("station.test", _client_context(), leave, server_tls=False))).code == refusal.UNREACHABLE


async def test_never_from_https_to_http():
    moved = b"HTTP/1.1 301 Moved\r\nLocation: http://station.test/\r\nContent-Length: 0\r\n\r\n"
    assert (await refusal_of(_over_tls("station.test", _client_context(), answering(moved)))).code == refusal.REDIRECTS


async def test_nobody_listens_and_the_address_is_doubted():
    server, port = await serve(answering())
    server.close()
    await server.wait_closed()
    resolver = _Anywhere()
    refused = await refusal_of(Network(resolver).connect("station.test", port))
    assert refused.code == refusal.UNREACHABLE
    assert resolver.doubted == ["station.test"]


async def test_a_connection_that_takes_too_long_times_out_and_the_address_is_doubted():
    class _Slow(_Anywhere):
        async def resolve(self, name):
            await asyncio.sleep_ms(5000)

    resolver = _Slow()
    refused = await refusal_of(Network(resolver).connect("station.test", 80, timeout_ms=50))
    assert refused.code == refusal.TIMEOUT and resolver.doubted == ["station.test"]


async def test_a_name_nobody_knows_is_unreachable():
    assert (await refusal_of(Network(Resolver(lambda: ())).connect("station.test", 80))).code == refusal.UNREACHABLE


def _open_files():
    return len(os.listdir("/dev/fd"))


async def test_no_sockets_are_lost_in_failures():
    async def mute(reader, writer):
        await asyncio.sleep_ms(1000)

    rude, rude_port = await serve(_speak_no_tls)
    silent, silent_port = await serve(mute)
    before = _open_files()
    for _ in range(10):
        assert (await refusal_of(network().connect("127.0.0.1", 9))).code == refusal.UNREACHABLE
        assert (await refusal_of(_speak(Network(_Anywhere()), rude_port, 2000))).code == refusal.ORIGIN
        assert (await refusal_of(_speak(Network(_Anywhere()), silent_port, 50))).code == refusal.TIMEOUT
    for _ in range(100):  # servers and event loop close theirs a little later
        if _open_files() <= before:
            break
        await asyncio.sleep_ms(10)
    assert _open_files() <= before
    rude.close()
    silent.close()


async def test_lines_are_bounded_and_leave_the_rest():
    async def handler(reader, writer):
        writer.write(b"x" * 300 + b"\nfirst\r\nrest")
        await writer.drain()
        await asyncio.sleep_ms(300)

    async def later(reader, writer):
        await reader.read(1)
        await handler(reader, writer)

    server, port = await serve(later)
    stream = await network().connect("localhost", port)
    stream.write(b"?")
    assert await stream.readline(301) == b"x" * 300 + b"\n"
    assert await stream.readline() == b"first\r\n"
    view = memoryview(bytearray(9))
    assert await stream.readinto(view) == 4 and bytes(view[:4]) == b"rest"
    assert await stream.readline() == b""
    stream.close()
    stream = await network().connect("localhost", port)
    stream.write(b"?")
    assert (await refusal_of(stream.readline(300))).code == refusal.MALFORMED
    stream.close()
    server.close()


async def test_a_peer_that_does_not_read_times_the_writer_out():
    async def deaf(reader, writer):
        await asyncio.sleep_ms(3000)

    server, port = await serve(deaf)
    stream = await network().connect("localhost", port)
    stream.set_timeout(300)

    async def flood():
        block = bytes(65536)
        for _ in range(400):
            stream.write(block)
            await stream.drain()

    assert (await refusal_of(flood())).code == refusal.TIMEOUT
    stream.close()
    server.close()


async def test_what_a_peer_takes_late_arrives_whole_and_in_order():
    block = bytes(range(251)) * 2000  # more than a connection takes at once
    digest, came = hashlib.sha256(), asyncio.Event()

    async def slow(reader, writer):
        await asyncio.sleep_ms(100)
        left = 2 * len(block)
        while left:
            data = await reader.read(min(left, 10000))
            left -= len(data)
            digest.update(data)
        came.set()

    server, port = await serve(slow)
    stream = await network().connect("localhost", port)
    for _ in range(2):
        stream.write(block)
        await stream.drain()
    await asyncio.wait_for_ms(came.wait(), 10000)
    stream.close()
    server.close()
    assert digest.digest() == hashlib.sha256(block + block).digest()


def test_certificates_of_a_pem_text():
    assert len(tls.certificates(vector("tls/ca.pem") * 2)) == 2
    for text in ("", "x", "-----BEGIN CERTIFICATE-----\nAAAA"):
        try:
            tls.certificates(text)
            raise AssertionError("taken")
        except ValueError:
            pass
