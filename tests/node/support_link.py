"""Servers on 127.0.0.1 that answer by script, and a resolver that needs none."""

import asyncio
import binascii
import errno
import os
import socket
import ssl

from node.link import tls
from node.link.net import Network
from node.link.resolver import Resolver

HERE = __file__.rsplit("/", 1)[0]


def network(context=None):
    """A Network that knows localhost and addresses only."""
    return Network(Resolver(lambda: ()), context)


def vector(name):
    with open(HERE + "/../vectors/" + name) as file:
        return file.read()


def free_port():
    """MicroPython cannot ask which port it got for port 0, so one is drawn; who is unlucky draws again."""
    return 20000 + int.from_bytes(os.urandom(2), "big") % 40000


def server_context():
    """TLS for a server that calls itself station.test."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(HERE + "/../vectors/tls/server.pem", HERE + "/../vectors/tls/server-key.pem")
    except ValueError:  # MicroPython reads DER only
        key = binascii.a2b_base64("".join(vector("tls/server-key.pem").split("\n")[1:-2]))
        context.load_cert_chain(tls.certificates(vector("tls/server.pem"))[0], key)
    return context


async def serve(handler, ssl=None):
    """Start a TCP server; returns (server, port). `handler(reader, writer)` runs for each connection, which is closed behind it."""

    async def handle(reader, writer):
        try:
            await handler(reader, writer)
        except (OSError, ValueError):
            pass  # the client under test may leave, or refuse the handshake, at any moment
        finally:
            await close(writer)

    while True:
        port = free_port()
        try:
            return await asyncio.start_server(handle, "127.0.0.1", port, ssl=ssl), port
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise


async def close(writer):
    writer.close()
    try:
        await writer.wait_closed()
    except (OSError, ValueError):
        pass  # the peer was faster


async def request_of(reader):
    """Request line and header lines up to the empty one, as one text."""
    text = ""
    while True:
        line = (await reader.readline()).decode()
        if line in ("\r\n", ""):
            return text
        text += line


def answering(*pieces):
    """Handler that reads a request and sends these pieces of bytes."""

    async def handler(reader, writer):
        await request_of(reader)
        for piece in pieces:
            writer.write(piece)
            await writer.drain()

    return handler


async def body_of(response, size=64):
    """The whole body, read through a small view, and closed."""
    view = memoryview(bytearray(size))
    body = b""
    try:
        while True:
            count = await response.readinto(view)
            if not count:
                return body
            body += bytes(view[:count])
    finally:
        response.close()


async def refusal_of(awaitable):
    """The Refused that `awaitable` ends in."""
    from node.refusal import Refused

    try:
        result = await awaitable
    except Refused as refused:
        return refused
    raise AssertionError("not refused: {}".format(result))


class UdpServer:
    """A UDP socket on 127.0.0.1 whose `reply(request)` gives a list of datagrams; counts requests."""

    def __init__(self, reply):
        self._reply = reply
        self.requests = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        while True:
            self.port = free_port()
            try:
                self._socket.bind(socket.getaddrinfo("127.0.0.1", self.port)[0][-1])
                break
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
        self._task = asyncio.create_task(self._run())

    async def _run(self):
        while True:
            try:
                request, sender = self._socket.recvfrom(600)
            except OSError:
                await asyncio.sleep_ms(2)
                continue
            self.requests.append(request)
            for datagram in self._reply(request):
                self._socket.sendto(datagram, sender)

    def close(self):
        self._task.cancel()
        self._socket.close()
