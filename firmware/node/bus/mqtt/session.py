"""The node's session with its broker: connects, and connects again for as long as the node lives. What happens in which failure is in `docs/mqtt.md`.

Owns what outlives a connection: messages received and not yet acted on, messages to be sent and not yet acknowledged. Opens no socket (`connect` does)
and knows nothing of documents.
"""

import asyncio

from micropython import const

from node.bell import Bell
from node.bus.limits import DOCUMENT_BYTES_MAX
from node.bus.mqtt.connection import Connection, Left
from node.bus.mqtt.inbox import Inbox
from node.bus.mqtt.outbox import Outbox
from node.bus.mqtt.reader import Reader
from node.bus.mqtt.together import together
from node.refusal import TIMEOUT, UNREACHABLE, Refused

PACKET_BYTES_MAX = DOCUMENT_BYTES_MAX + 256  # a document and its topic
_INBOX_BYTES = const(16_384)
_OUTBOX_BYTES = const(16_384)
_KEEPALIVE_S = const(60)
_CONNECT_MS = const(30_000)  # name, TCP and TLS
_ANSWER_MS = const(10_000)


class Session:
    """One MQTT session with a clean start on every connection.

    `connect`: async callable that returns a stream (`readinto`, `write`, `drain`, `close`), whose own time-outs, if any, are longer than `keepalive_s`;
    `hello()`: what a connection begins with, made anew for each and not kept: a `packets.connect` with `keepalive_s`, and what to subscribe to,
    ((topic filter, QoS 0 or 1), ...); `backoff`: `next()` gives ms to wait, `reset()`;
    `inbox_bytes`, `outbox_bytes`: how much may wait for `on_message` or be with it, and wait to be sent.
    `on_message(topic, payload)`: async, called for one message after the other; `on_up()`, `on_down(why)`, `on_oversized(topic, bytes)`
    and `on_failed()`, when no connection came about or it broke: plain calls.

    `connected`: the broker has granted subscriptions and answers; `denied`: filters that it did not grant; `why`: the Refused that ended the last connection.
    """

    def __init__(
        self,
        connect,
        hello,
        on_message,
        backoff,
        on_up,
        on_down,
        on_oversized,
        on_failed,
        keepalive_s=_KEEPALIVE_S,
        connect_ms=_CONNECT_MS,
        answer_ms=_ANSWER_MS,
        inbox_bytes=_INBOX_BYTES,
        outbox_bytes=_OUTBOX_BYTES,
    ):
        self.connected = False
        self.denied = []
        self.why = None
        self.keepalive_s = keepalive_s
        self.oversized = on_oversized
        self._connect = connect
        self._hello = hello
        self._connect_ms = connect_ms
        self._answer_ms = answer_ms
        self._on_message = on_message
        self._on_up = on_up
        self._on_down = on_down
        self._on_failed = on_failed
        self._backoff = backoff
        self._reader = Reader(PACKET_BYTES_MAX)
        self._inbox = Inbox(inbox_bytes)
        self._outbox = Outbox(outbox_bytes)
        self._goodbye = Bell()

    @property
    def dropped(self):
        """QoS 0 messages that gave way in a full outbox."""
        return self._outbox.dropped

    def publish(self, topic, payload, qos=0, retain=False):
        """Send as soon as there is a connection; False if the outbox has no room, see there. QoS 1 is sent again until it is acknowledged.

        Raises Refused(OVERSIZED) for what would not fit into an empty one.
        """
        return self._outbox.put(topic, payload, qos, retain)

    async def wait_room(self):
        """Return after a message has left the outbox: the time to offer again what was not taken."""
        await self._outbox.wait_eased()

    async def wait_sent(self):
        """Return when everything was sent and all of QoS 1 acknowledged."""
        await self._outbox.wait_empty()

    def stop(self):
        """End in good order: what waits is sent if the broker is there and takes it within `answer_ms`, then `run` returns."""
        self._goodbye.ring()

    async def run(self):
        """Task: stay connected until `stop`. Raises only what `on_message` raises."""
        try:
            await together(self._deliver(), self._stay_connected())
        except Left:
            self.why = None

    # What a connection tells.

    def is_up(self, denied):
        """The broker has answered the SUBSCRIBE."""
        self.denied = denied
        self.connected = True
        self._on_up()

    def is_alive(self):
        """The broker has answered for a quarter of the keepalive: only now a next failure is a first one."""
        self._backoff.reset()

    async def _deliver(self):
        while True:
            await self._act_on(await self._inbox.get())

    async def _act_on(self, message):
        """A coroutine of its own, which ends: one that waits holds what it called last with, and the next message may be long in coming."""
        await self._on_message(message.topic, message.payload)
        self._inbox.done(message)

    async def _stay_connected(self):
        while True:
            try:
                await self._live_once()
            except Refused as refused:
                self.why = refused
            except asyncio.TimeoutError:
                self.why = Refused(TIMEOUT, "not connected, or not written, in time")
            except OSError as error:
                self.why = Refused(UNREACHABLE, "the connection broke: {}".format(error))
            except MemoryError:
                self.why = Refused(UNREACHABLE, "no memory for a connection")
            finally:
                self._down()
            self._on_failed()
            await self._wait_before_next()

    async def _live_once(self):
        stream = await asyncio.wait_for_ms(self._connect(), self._connect_ms)
        try:
            connection = Connection(stream, self._reader, self._inbox, self._outbox, self, self._answer_ms)
            await connection.run(self._hello, self._goodbye)
        finally:
            stream.close()

    def _down(self):
        self._outbox.lost()
        if self.connected:
            self.connected = False
            self._on_down(self.why)

    async def _wait_before_next(self):
        if await self._goodbye.within(self._backoff.next()):
            raise Left
