"""One connection to a broker, from CONNECT to its end (MQTT 3.1.1). It ends by an exception, whichever of its tasks meets it first:

- Refused MALFORMED: the broker sent what it may not (4.8); UNREACHABLE: it refused or closed; TIMEOUT: an answer is overdue
- OSError or asyncio.TimeoutError from the stream
- Left: `goodbye` rang, what waited was sent, and DISCONNECT said so

Every answer counts as one quarter of the keepalive old at the next ping; after a whole keepalive of silence, or without the SUBACK or
PUBACK that is due, the connection is given up, whatever TCP or the radio say. Trying again is the session's business.
"""

import asyncio

from micropython import const

from node.bus.mqtt import packets
from node.bus.mqtt.together import together
from node.refusal import MALFORMED, TIMEOUT, UNREACHABLE, Refused

_QUARTERS = const(4)


class Left(Exception):
    """The connection was ended in good order by this side."""


class Connection:
    """`stream` as MicroPython's asyncio has it; `reader`, `inbox`, `outbox` outlive it. `answer_ms`: how long CONNACK and a blocked write may take.

    `owner` is the session: `keepalive_s`, and the callbacks `is_up(denied)`, `is_alive()`, `oversized(topic, size)`.
    """

    def __init__(self, stream, reader, inbox, outbox, owner, answer_ms):
        self._stream = stream
        self._reader = reader
        self._inbox = inbox
        self._outbox = outbox
        self._owner = owner
        self._answer_ms = answer_ms
        self._writing = asyncio.Lock()
        self._heard = False
        self._subscribe_id = None  # of the SUBSCRIBE that is not answered yet; no SUBACK bears None
        self._filters = ()  # that it asks for
        reader.start(stream)

    async def run(self, hello, goodbye):
        """Live until something ends it; `hello()` as for `Session`; `goodbye` is the Bell that asks for the end. Never returns."""
        await self._begin(hello)
        await together(self._receive(), self._tend(goodbye), self._transmit())

    async def _begin(self, hello):
        connect_packet, self._filters = hello()
        await self._send(connect_packet)
        await asyncio.wait_for_ms(self._expect_connack(), self._answer_ms)
        self._subscribe_id = self._outbox.new_id()
        await self._send(packets.subscribe(self._subscribe_id, self._filters))

    async def _expect_connack(self):
        await self._reader.read()
        if self._reader.kind != packets.CONNACK or not self._reader.is_whole:  # 3.2: the first packet from the server
            raise Refused(MALFORMED, "packet {} before CONNACK".format(self._reader.kind))
        packets.parse_connack(self._reader.flags, self._reader.body)

    async def _send(self, packet):
        async with self._writing:
            self._stream.write(packet)
            await asyncio.wait_for_ms(self._stream.drain(), self._answer_ms)

    async def _receive(self):
        while True:
            await self._reader.read()
            self._heard = True
            if self._reader.kind == packets.PUBLISH:
                await self._take_publish()
            elif self._reader.is_whole:
                self._take_answer(self._reader.kind, self._reader.flags, self._reader.body)
            else:
                raise Refused(MALFORMED, "packet {} of {} bytes".format(self._reader.kind, self._reader.size))

    async def _take_publish(self):
        reader = self._reader
        if not reader.is_whole and packets.payload_at(reader.body, 1) > len(reader.body):
            await reader.skip(self._note_progress)  # a topic so long that nobody subscribed to it
            return
        message = packets.parse_publish(reader.flags, reader.body, reader.is_whole)
        payload_at = packets.payload_at(reader.body, message.qos)
        if not reader.is_oversized:
            await self._inbox.wait_room(reader.size - payload_at)
        if reader.is_whole or await self._has_rest(message, payload_at):
            self._inbox.put(message)
        else:
            size = reader.size
            await reader.skip(self._note_progress)
            self._owner.oversized(message.topic, size)
        if message.qos:
            await self._send(packets.puback(message.packet_id))

    async def _has_rest(self, message, payload_at):
        """Read the payload of a message that is larger than the read buffer; False for one that has no room, of which nothing was read."""
        reader = self._reader
        if reader.is_oversized:
            return False
        try:
            message.payload = await reader.rest(payload_at)
        except MemoryError:
            return False
        return True

    def _note_progress(self):
        self._heard = True

    def _take_answer(self, kind, flags, body):
        if kind == packets.PUBACK:
            self._outbox.acknowledged(packets.parse_puback(flags, body))
        elif kind == packets.PINGRESP:
            packets.parse_pingresp(flags, body)
        elif kind == packets.SUBACK:
            self._take_suback(packets.parse_suback(flags, body, self._subscribe_id, len(self._filters)))
        else:
            raise Refused(MALFORMED, "packet {} is not for a client, or not now".format(kind))

    def _take_suback(self, codes):
        denied = [wanted[0] for wanted, code in zip(self._filters, codes) if code == packets.DENIED]
        if len(denied) == len(codes):
            raise Refused(UNREACHABLE, "the broker grants no subscription")
        self._subscribe_id = None
        self._filters = ()
        self._owner.is_up(denied)

    async def _tend(self, goodbye):
        """Ping every quarter of the keepalive (3.1.2.10 wants at least one packet in each), and judge by what came since."""
        silent = unsubscribed = 0
        while True:
            self._heard = False
            await self._send(packets.PING)
            if await goodbye.within(self._owner.keepalive_s * 1000 // _QUARTERS):
                await self._leave()
            if self._inbox.is_full:  # nothing is read until there is room: that is no silence of the broker
                continue
            silent += 1
            if self._heard:
                silent = 0
                self._owner.is_alive()
            unsubscribed = 0 if self._subscribe_id is None else unsubscribed + 1
            if silent >= _QUARTERS:
                raise Refused(TIMEOUT, "the broker is silent")
            if unsubscribed >= _QUARTERS or self._outbox.grow_older() > _QUARTERS:
                raise Refused(TIMEOUT, "the broker owes an acknowledgement")

    async def _transmit(self):
        while True:
            await self._send(await self._outbox.take())

    async def _leave(self):
        try:
            await asyncio.wait_for_ms(self._outbox.wait_empty(), self._answer_ms)
        except asyncio.TimeoutError:
            pass  # what QoS 1 owes is lost to nobody: it is in the journal
        await self._send(packets.GOODBYE)  # 3.14: the broker then discards the will
        raise Left
