"""A network inside one process, for virtual time: an MQTT 3.1.1 broker, a web server for audio and a time server, reached without sockets.

Faithful in what clients see of MQTT: sessions are clean, subscriptions have one-level wildcards, retained messages come with the subscription, QoS 1 is
acknowledged. There is no TLS, no delay and no loss, and a will is spoken at once. Everything happens in the turn in which it is caused.
"""

import asyncio
import errno
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from loa.sim.fleet.chip import CURRENT, Chip
from loa.sim.fleet.timing import Clock
from loa.station.timeserver import answer

BROKER_PORT, TIME_PORT = 1, 2
_CONNECT, _CONNACK, _PUBLISH, _PUBACK, _SUBSCRIBE, _SUBACK, _PINGREQ, _PINGRESP, _DISCONNECT = 1, 2, 3, 4, 8, 9, 12, 13, 14


class Pipe:
    """A connection of a node, both ends: what it writes goes to `taken` at once, what comes for it waits until it reads."""

    def __init__(self, taken: Callable[["Pipe", bytes], object], closed: Callable[["Pipe"], object]) -> None:
        self.chip: Chip = CURRENT.get()
        self.chip.connections.add(self)
        self.unread = b""  # written by the node and not yet a whole packet or request
        self._taken = taken
        self._closed = closed
        self._came = bytearray()
        self._ended = False
        self._waiter: asyncio.Future[None] | None = None
        self.transport = self

    async def readinto(self, view: Any) -> int:
        """Wait for at least one byte; 0 at the end of the stream."""
        while not self._came and not self._ended:
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        count = min(len(self._came), len(view))
        view[:count] = self._came[:count]
        del self._came[:count]
        return count

    def write(self, data: Any) -> None:
        """To the other end."""
        if self._ended:
            raise OSError(errno.EPIPE, "closed")
        self.unread += bytes(data)
        self._taken(self, bytes(data))

    async def drain(self) -> None:
        """All is taken."""

    def close(self) -> None:
        """The node closes."""
        if not self._ended:
            self.end()
            self._closed(self)
        self.chip.connections.discard(self)

    abort = close

    def give(self, data: bytes) -> None:
        """From the other end."""
        self._came += data
        self._wake()

    def end(self) -> None:
        """The other end closes."""
        self._ended = True
        self._wake()

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)


class InnerBroker:
    """The broker. `heard(topic, payload)` gets everything that clients publish; `publish` is the station's way in."""

    def __init__(self, heard: Callable[[str, bytes], object]) -> None:
        self._heard = heard
        self._clients: dict[Pipe, list[str]] = {}
        self._wills: dict[Pipe, tuple[str, bytes]] = {}
        self._retained: dict[str, bytes] = {}

    def publish(self, topic: str, payload: bytes, retain: bool) -> None:
        """Hand a message to everybody who wants it, and to those who come later if it is to be retained."""
        if retain:
            self._retained[topic] = payload
        for client, filters in list(self._clients.items()):
            if any(_matches(one, topic) for one in filters):
                client.give(_packet(_PUBLISH, _text(topic) + payload))

    def taken(self, client: Pipe, _: bytes) -> None:
        """A client has written: act on every packet that is whole."""
        while (parts := _split(client.unread)) is not None:
            kind, flags, body, client.unread = parts
            self._act(client, kind, flags, body)

    def closed(self, client: Pipe) -> None:
        """A client has gone: without a DISCONNECT its will is spoken."""
        self._clients.pop(client, None)
        will = self._wills.pop(client, None)
        if will is not None:
            self._heard(*will)

    def _act(self, client: Pipe, kind: int, flags: int, body: bytes) -> None:
        if kind == _CONNECT:
            self._clients[client] = []
            if body[7] & 0x04:
                rest = _after_text(body[10:])
                topic, rest = _take_text(rest)
                payload, _ = _take_text(rest)
                self._wills[client] = (topic.decode(), payload)
            client.give(_packet(_CONNACK, b"\0\0"))
        elif kind == _SUBSCRIBE:
            self._subscribe(client, body)
        elif kind == _PUBLISH:
            topic, rest = _take_text(body)
            if flags >> 1 & 3:
                client.give(_packet(_PUBACK, rest[:2]))
                rest = rest[2:]
            if flags & 1:
                self._retained[topic.decode()] = rest
            self._heard(topic.decode(), rest)
        elif kind == _PINGREQ:
            client.give(_packet(_PINGRESP, b""))
        elif kind == _DISCONNECT:
            self._wills.pop(client, None)

    def _subscribe(self, client: Pipe, body: bytes) -> None:
        filters, rest = [], body[2:]
        while rest:
            one, rest = _take_text(rest)
            filters.append(one.decode())
            rest = rest[1:]
        self._clients[client] += filters
        client.give(_packet(_SUBACK, body[:2] + bytes(len(filters))))
        for topic, payload in self._retained.items():
            if any(_matches(one, topic) for one in filters):
                client.give(_packet(_PUBLISH, _text(topic) + payload, 1))


class InnerDoors:
    """Where the nodes' connections go. `file(sha256)`: a recording's bytes or None."""

    def __init__(self, clock: Clock, broker: InnerBroker, file: Callable[[str], bytes | None]) -> None:
        self._clock = clock
        self._broker = broker
        self._file = file

    async def connect(self, host: str, port: int, tls: Any, name: str | None) -> tuple[Pipe, Pipe]:
        """To the broker by its port, to the web server by any other: documents name the station's own."""
        if not CURRENT.get().reachable:
            raise OSError(errno.EHOSTUNREACH, "no route")
        pipe = Pipe(self._broker.taken, self._broker.closed) if port == BROKER_PORT else Pipe(self._serve, lambda _: None)
        return pipe, pipe

    def socket_twin(self) -> SimpleNamespace:
        """The module `socket`: datagrams reach the time server and nobody else."""
        return SimpleNamespace(
            socket=lambda *_: _Datagrams(self._clock),
            getaddrinfo=lambda host, port, *_: [(2, 2, 0, "", (host, port))],
            AF_INET=2,
            SOCK_DGRAM=2,
            SOCK_STREAM=1,
        )

    def _serve(self, pipe: Pipe, _: bytes) -> None:
        """Answer one request for a recording, from where it asks."""
        head, mark, _rest = pipe.unread.partition(b"\r\n\r\n")
        if not mark:
            return
        request, *fields = head.decode().split("\r\n")
        content = self._file(request.split(" ")[1].rpartition("/")[2])
        start = next((int(field.partition("bytes=")[2].rstrip("-")) for field in fields if field.lower().startswith("range:")), 0)
        if content is None:
            pipe.give(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        elif start:
            head_ = f"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes {start}-{len(content) - 1}/{len(content)}\r\n"
            pipe.give(f"{head_}Content-Length: {len(content) - start}\r\n\r\n".encode() + content[start:])
        else:
            pipe.give(f"HTTP/1.1 200 OK\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content)
        pipe.end()


class _Datagrams:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._answers: list[tuple[bytes, tuple[str, int]]] = []

    def setblocking(self, on: bool) -> None:
        """Never blocks."""

    def sendto(self, data: bytes, peer: tuple[str, int]) -> None:
        reply = answer(bytes(data), self._clock.unix_us() * 1_000) if peer[1] == TIME_PORT else None
        if reply is not None:
            self._answers.append((reply, peer))

    def recvfrom(self, most: int) -> tuple[bytes, tuple[str, int]]:
        if not self._answers:
            raise OSError(errno.EAGAIN, "nothing came")
        return self._answers.pop(0)

    def close(self) -> None:
        self._answers.clear()


def _matches(wanted: str, topic: str) -> bool:
    parts, levels = wanted.split("/"), topic.split("/")
    return len(parts) == len(levels) and all(part in ("+", level) for part, level in zip(parts, levels, strict=True))


def _split(data: bytes) -> tuple[int, int, bytes, bytes] | None:
    """(kind, flags, body, rest) of the first packet, None if it is not whole (MQTT 3.1.1, 2.2)."""
    size = shift = 0
    for place in range(1, min(len(data), 5)):
        size |= (data[place] & 0x7F) << shift
        shift += 7
        if data[place] < 0x80:
            end = place + 1 + size
            return (data[0] >> 4, data[0] & 15, data[place + 1 : end], data[end:]) if len(data) >= end else None
    return None


def _packet(kind: int, body: bytes, flags: int = 0) -> bytes:
    size, length = len(body), b""
    while True:
        length += bytes((size & 0x7F | (0x80 if size > 0x7F else 0),))
        size >>= 7
        if not size:
            return bytes((kind << 4 | flags,)) + length + body


def _text(text: str) -> bytes:
    data = text.encode()
    return len(data).to_bytes(2, "big") + data


def _take_text(data: bytes) -> tuple[bytes, bytes]:
    end = 2 + int.from_bytes(data[:2], "big")
    return data[2:end], data[end:]


def _after_text(data: bytes) -> bytes:
    return _take_text(data)[1]
