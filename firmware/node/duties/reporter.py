"""Tells the station: the state whenever it changes, events until the station has seen them, telemetry now and then, answers at once.

But sound goes before words: that an urgent order was accepted, and the state with it, is said one to two seconds later, at a moment of each node's
own. An order reaches thousands of nodes in one instant; their answers would keep broker and uplink from those that have not heard it yet.

Everything is signed with the node's key. What cannot be sent now is not kept here: a state is built anew, events lie in the journal.
"""

import asyncio

from micropython import const

from node.bell import Bell
from node.bus import reports, topics
from node.bus.report_words import ACCEPTED, REFUSED, fitting

_SETTLE_MS = const(150)  # several changes in a moment are one state
_SOUND_MS = const(1_000)  # by then an urgent order sounds
_SPREAD_MS = const(1_000)  # in which all nodes answer it
_WAITING_MAX = const(8)
_STATE_AGAIN_MS = const(60_000)
_ROOM_MS = const(30_000)
_TELEMETRY_MS = const(60_000)


class Reporter:
    """`build_state()` and `build_telemetry()` give the members of those reports; `journal` has the events;
    `backoff`: how long to wait for them to be seen before they are sent again; `chance()`: a number from 0 to 1, another one in each node;
    `turn`: the Lock of all who need much memory for a moment.
    """

    def __init__(self, node_id, key, session, journal, build_state, build_telemetry, backoff, chance, turn):
        self._node_id = node_id
        self._key = key
        self._session = session
        self._journal = journal
        self._build_state = build_state
        self._build_telemetry = build_telemetry
        self._state_changed = Bell()
        self._events_changed = Bell()
        self._backoff = backoff
        self._chance = chance
        self._turn = turn
        self._waiting = []  # urgent documents whose acceptance is still to be said
        self._again_ms = backoff.next()
        self._sent_n = 0

    def changed(self):
        """Something that `state` tells is another."""
        self._state_changed.ring()

    def happened(self):
        """There is a new event."""
        self._events_changed.ring()

    def seen(self):
        """The station has recorded more events: it is there."""
        self._patient_no_more()
        self._state_changed.ring()

    def connected(self):
        """A new connection: who listens now may have heard nothing."""
        self.resend()
        self._state_changed.ring()

    def resend(self):
        """Send everything that is not seen again, from the oldest on."""
        self._patient_no_more()
        self._sent_n = 0
        self._events_changed.ring()

    def _patient_no_more(self):
        self._backoff.reset()
        self._again_ms = self._backoff.next()

    def answer(self, subject, refusal, urgent=False):
        """`subject`: id of a document, order or command; `refusal`: None for accepted. What is accepted and urgent is said with the next state."""
        if urgent and not refusal and len(self._waiting) < _WAITING_MAX:
            self._waiting.append(subject)
            self._state_changed.ring()
        else:
            self._answer(subject, refusal)

    def _answer(self, subject, refusal):
        fields = {"id": subject, "result": ACCEPTED}
        if refusal:
            fields = {"id": subject, "result": REFUSED, "code": refusal.code, "reason": fitting(refusal.reason)}
        if not self._send(topics.ACK, fields, qos=1):
            print("no room for the answer to", subject)  # a command is repeated; of a document `state` tells

    async def report_states(self):
        """Task: the state, retained, after every change and once a minute, and before it the answers that wait."""
        while True:
            await self._state_changed.within(_STATE_AGAIN_MS)
            await asyncio.sleep_ms(_SETTLE_MS)
            if self._waiting:
                await asyncio.sleep_ms(_SOUND_MS + int(_SPREAD_MS * self._chance()))
            async with self._turn:
                self._state_changed.clear()
                while self._waiting:
                    self._answer(self._waiting.pop(0), None)
                if self._session.connected:
                    report = self._build_state()
                    self._send(topics.STATE, report, qos=1, retain=True)

    async def report_events(self):
        """Task: unseen events in their order, again after longer and longer pauses until they are seen."""
        while True:
            if not await self._events_changed.within(self._again_ms):
                self._sent_n = 0
                self._again_ms = self._backoff.next()
            self._events_changed.clear()
            if self._session.connected:
                await self._send_events()

    async def report_telemetry(self):
        """Task: figures once a minute."""
        while True:
            await asyncio.sleep_ms(_TELEMETRY_MS)
            if self._session.connected:
                self._send(topics.TELEMETRY, self._build_telemetry())

    async def _send_events(self):
        """As many as the outbox takes; the rest when it has room."""
        for n, fields in self._journal.unseen(self._sent_n):
            event = {"journal": self._journal.id, "n": n}
            event.update(fields)
            async with self._turn:
                taken = self._send(topics.EVENT, event, qos=1)
            if not taken:
                self._events_changed.ring()
                await self._room()
                return
            self._sent_n = n
            await asyncio.sleep_ms(0)

    async def _room(self):
        """Return when something has left the outbox, or after half a minute."""
        try:
            await asyncio.wait_for_ms(self._session.wait_room(), _ROOM_MS)
        except asyncio.TimeoutError:
            self._sent_n = 0

    def _send(self, kind, fields, qos=0, retain=False):
        topic = topics.from_node(self._node_id, kind)
        return self._session.publish(topic, reports.seal(self._key, topic, fields), qos, retain)
