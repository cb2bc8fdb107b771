"""A broker in memory that does what a test tells it, packet by packet. Encodes and decodes by itself, so that it checks the client's own code."""

import asyncio

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK, PINGREQ, PINGRESP, DISCONNECT = 1, 2, 3, 4, 8, 9, 12, 13, 14


class _Pipe:
    def __init__(self):
        self.data = b""
        self.error = None
        self.is_closed = False
        self._moved = asyncio.Event()

    def feed(self, data):
        self.data += data
        self._moved.set()

    def close(self, error=None):
        self.is_closed = True
        self.error = error
        self._moved.set()

    async def read(self, size):
        while not self.data and not self.is_closed:
            self._moved.clear()
            await self._moved.wait()
        if self.error and not self.data:
            raise self.error
        data, self.data = self.data[:size], self.data[size:]
        return data


class Stream:
    """The client's end: MicroPython's asyncio Stream. `most`: bytes that one read brings at most."""

    def __init__(self, most):
        self.to_client = _Pipe()
        self.to_broker = _Pipe()
        self.is_closed = False
        self.accepts = asyncio.Event()  # cleared: the socket's buffer is full
        self.accepts.set()
        self._most = most
        self._out = b""
        self._readers = 0

    async def readinto(self, view):
        assert len(view) and not self._readers
        self._readers += 1
        try:
            data = await self.to_client.read(min(len(view), self._most))
        finally:
            self._readers -= 1
        view[: len(data)] = data
        return len(data)

    def write(self, data):
        if self.is_closed or self.to_broker.is_closed:
            raise OSError(32, "broken pipe")
        self._out += data

    async def drain(self):
        await self.accepts.wait()
        out, self._out = self._out, b""
        self.to_broker.feed(out)

    def close(self):
        self.is_closed = True
        self.to_broker.close()


class Peer:
    """The broker's end of one connection."""

    def __init__(self, stream):
        self.stream = stream
        self.answers_pings = True
        self.pings = 0

    def send(self, kind, body=b"", flags=0):
        """Send a packet of a type."""
        self.send_bytes(bytes((kind << 4 | flags,)) + _length(len(body)) + body)

    def send_bytes(self, data):
        self.stream.to_client.feed(data)

    def publish(self, topic, payload, qos=0, packet_id=1, flags=0):
        ids = bytes((packet_id >> 8, packet_id & 0xFF)) if qos else b""
        self.send(PUBLISH, text(topic) + ids + payload, flags | qos << 1)

    def close(self, error=None):
        """End the connection, in an orderly way or with an OSError."""
        self.stream.to_client.close(error)
        self.stream.to_broker.close()

    async def receive(self):
        """(type, flags, body) of the client's next packet but PINGREQ, which is answered if `answers_pings`; None when the client has closed."""
        while True:
            head = await self.stream.to_broker.read(1)
            if not head:
                return None
            size = shift = 0
            while True:
                octet = (await self.stream.to_broker.read(1))[0]
                size |= (octet & 0x7F) << shift
                shift += 7
                if octet < 0x80:
                    break
            body = b""
            while len(body) < size:
                body += await self.stream.to_broker.read(size - len(body))
            kind = head[0] >> 4
            if kind != PINGREQ:
                return kind, head[0] & 0x0F, body
            self.pings += 1
            if self.answers_pings:
                self.send(PINGRESP)

    async def expect(self, kind):
        """(flags, body) of the next packet, which must be of that type."""
        packet = await self.receive()
        assert packet and packet[0] == kind, packet
        return packet[1], packet[2]

    async def expect_publish(self):
        """(topic, payload, flags, packet id or None) of the next packet, a PUBLISH."""
        flags, body = await self.expect(PUBLISH)
        end = 2 + (body[0] << 8 | body[1])
        packet_id = None
        topic = body[2:end].decode()
        if flags >> 1 & 3:
            packet_id = body[end] << 8 | body[end + 1]
            end += 2
        return topic, body[end:], flags, packet_id

    async def expect_ids(self, count):
        """Packet ids of the next packets, all PUBLISH."""
        ids = []
        while len(ids) < count:
            ids.append((await self.expect_publish())[3])
        return ids

    def acknowledge(self, packet_id):
        self.send(PUBACK, bytes((packet_id >> 8, packet_id & 0xFF)))

    async def welcome(self, codes=b"\x00\x00"):
        """Let the client in and grant its subscriptions; returns the bodies of CONNECT and SUBSCRIBE."""
        _, connect = await self.expect(CONNECT)
        self.send(CONNACK, b"\x00\x00")
        flags, subscribe = await self.expect(SUBSCRIBE)
        assert flags == 2
        self.send(SUBACK, subscribe[:2] + codes)
        return connect, subscribe

    async def until_closed(self):
        """Receive until the client has closed; returns the packets."""
        packets = []
        while True:
            packet = await self.receive()
            if packet is None:
                return packets
            packets.append(packet)


class Broker:
    """`connect` is the client's way in; `accept` gives the test the other end of the next connection. `error`: raised by `connect` instead."""

    def __init__(self, most=1 << 20):
        self.error = None
        self.tries = 0
        self._most = most
        self._waiting = []
        self._came = asyncio.Event()

    async def connect(self):
        self.tries += 1
        if self.error:
            raise self.error
        stream = Stream(self._most)
        self._waiting.append(Peer(stream))
        self._came.set()
        return stream

    async def accept(self):
        while not self._waiting:
            self._came.clear()
            await self._came.wait()
        return self._waiting.pop(0)


class Backoff:
    """Waits a second, then two, and so on; remembers what was asked of it."""

    def __init__(self):
        self.failures = 0
        self.waits = []

    def next(self):
        self.failures += 1
        self.waits.append(self.failures * 1000)
        return self.failures * 1000

    def around(self, milliseconds):
        return milliseconds

    def reset(self):
        self.failures = 0


def text(value):
    data = value.encode()
    return bytes((len(data) >> 8, len(data) & 0xFF)) + data


def _length(size):
    octets = b""
    while True:
        octets += bytes((size & 0x7F | (0x80 if size > 0x7F else 0),))
        size >>= 7
        if not size:
            return octets
