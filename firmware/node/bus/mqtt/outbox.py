"""What waits to be sent and what the broker has not acknowledged yet, within a fixed number of bytes. Sends nothing itself.

When it is full, the oldest QoS 0 message that waits gives way (telemetry: the next one says more). If there is none, the new message is not taken, and its
sender knows: events lie in the journal and are offered again, a state is built anew. A retained message replaces an older one of its topic that
still waits, since the broker would keep only the last. Nothing of QoS 1 that was taken is ever dropped otherwise.
"""

import asyncio

from micropython import const

from node.bus.mqtt import packets
from node.refusal import OVERSIZED, Refused

_WINDOW = const(8)  # QoS 1 messages sent and not yet acknowledged
_OVERHEAD = const(64)  # bytes of heap that a message costs besides topic and payload


class _Outgoing:
    def __init__(self, topic, payload, qos, retain):
        self.topic = topic
        self.payload = payload
        self.qos = qos
        self.retain = retain
        self.packet_id = None
        self.repeated = False
        self.age = 0
        self.cost = len(topic) + len(payload) + _OVERHEAD

    def packet(self):
        return packets.publish(self.topic, self.payload, self.qos, self.packet_id, self.retain, self.repeated)


class Outbox:
    """`limit`: bytes for everything waiting or in flight. `dropped` counts QoS 0 messages that gave way."""

    def __init__(self, limit):
        self.dropped = 0
        self._limit = limit
        self._cost = 0
        self._waiting = []
        self._flying = []  # in the order in which they were sent, which is the order of sending again (4.6)
        self._last_id = 0
        self._changed = asyncio.Event()
        self._eased = asyncio.Event()

    def put(self, topic, payload, qos, retain):
        """Take a message; False if there is no room for it now. Raises Refused(OVERSIZED) if there never is."""
        message = _Outgoing(topic, payload, qos, retain)
        if message.cost > self._limit:
            raise Refused(OVERSIZED, "a message of {} bytes".format(len(payload)))
        older = [other for other in self._waiting if retain and other.retain and other.topic == topic]
        yielding = [other for other in self._waiting if not other.qos and other not in older]
        room = self._limit - self._cost + sum([other.cost for other in older])
        giving_way = []
        while room < message.cost and yielding:
            giving_way.append(yielding.pop(0))
            room += giving_way[-1].cost
        if room < message.cost:
            return False
        self.dropped += len(giving_way)
        for other in older + giving_way:
            self._waiting.remove(other)
            self._cost -= other.cost
        self._waiting.append(message)
        self._cost += message.cost
        self._changed.set()
        return True

    async def take(self):
        """Wait for the next packet to send. A QoS 1 message is then in flight; it waits while eight others are, and all behind it wait too (4.6)."""
        while not self._waiting or (self._waiting[0].qos and len(self._flying) >= _WINDOW):
            self._changed.clear()
            await self._changed.wait()
        message = self._waiting.pop(0)
        if message.qos:
            message.age = 0
            if message.packet_id is None:
                message.packet_id = self.new_id()
            self._flying.append(message)
            return message.packet()
        self._forget(message)
        return message.packet()

    def acknowledged(self, packet_id):
        """The broker has it. An id that is not in flight is an acknowledgement that came twice, and changes nothing."""
        for message in self._flying:
            if message.packet_id == packet_id:
                self._flying.remove(message)
                self._forget(message)
                return

    def lost(self):
        """The connection is gone: what was in flight is sent first on the next one, with DUP (3.3.1.1, 4.4)."""
        for message in self._flying:
            message.repeated = True
        self._waiting = self._flying + self._waiting
        self._flying = []
        self._changed.set()

    def grow_older(self):
        """Highest number of calls of this since one that is in flight was sent; 0 if nothing is."""
        for message in self._flying:
            message.age += 1
        return max([message.age for message in self._flying] or [0])

    def new_id(self):
        """A packet identifier that no message bears (2.3.1)."""
        used = [message.packet_id for message in self._flying + self._waiting]
        while True:
            self._last_id = self._last_id % 0xFFFF + 1
            if self._last_id not in used:
                return self._last_id

    async def wait_empty(self):
        """Return when all was sent and all of QoS 1 acknowledged."""
        while self._waiting or self._flying:
            await self.wait_eased()

    async def wait_eased(self):
        """Return after the next message that leaves."""
        self._eased.clear()
        await self._eased.wait()

    def _forget(self, message):
        self._cost -= message.cost
        self._changed.set()
        self._eased.set()
