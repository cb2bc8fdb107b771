"""Takes every document and command that reaches the node, whatever brought it, has it judged, acts on it, and answers.

Waiting places are few and fixed: one for each topic, where a newer document takes the older one's, and eight for commands, of which one too
many is left to the station to repeat. What a document means is its handler's business.
"""

import asyncio

from micropython import const

from node.bus import topics
from node.refusal import DAMAGED, TIME_UNSET, Refused

_COMMANDS_MAX = const(8)
_WAIT_MS = const(30_000)
_UNANSWERED = (topics.SEEN,)  # it is an answer itself


class Inbox:
    """`handlers`: type -> `async handle(document)` that may raise Refused and then has changed nothing; `keep(document)` stores an accepted one.

    `answer(subject, refusal)` tells the station: None for accepted. `refused(refusal)` records what was nobody's, where there is nobody to answer.
    """

    def __init__(self, admission, handlers, keep, answer, refused, check_in):
        self._check_in = check_in
        self._admission = admission
        self._handlers = handlers
        self._keep = keep
        self._answer = answer
        self._refused = refused
        self._documents = {}  # topic: raw
        self._commands = []  # (topic, raw)
        self._pending = {}  # topic: admitted, but nobody knows yet whether it has expired
        self._arrived = asyncio.Event()

    def receive(self, topic, raw):
        """Take `raw` (bytes) that came under `topic`; never waits."""
        place = topics.parse_to(topic)
        if place and place[1] == topics.COMMAND:
            if len(self._commands) < _COMMANDS_MAX:
                self._commands.append((topic, raw))
        elif place:
            self._documents[topic] = raw
        self._arrived.set()

    def time_known(self):
        """The clock was set: what waited for that can be judged."""
        self._arrived.set()

    async def restore(self, stored):
        """At boot: `(kind, audience, raw)` from the shelf, trust first, because it says who may have signed the others."""
        for kind, audience, raw in sorted(stored, key=lambda place: place[0] != topics.TRUST):
            if raw is None:
                self._refused(Refused(DAMAGED, f"{kind} of {audience} on flash"))
            else:
                await self._take(topics.to(audience, kind), raw, stored=True)

    async def run(self):
        """Task; calls `check_in()` before each document and at least every 30 s."""
        while True:
            try:
                await asyncio.wait_for_ms(self._arrived.wait(), _WAIT_MS)
            except asyncio.TimeoutError:
                self._check_in()
                continue
            self._arrived.clear()
            await self._review_pending()
            while self._commands or self._documents:
                self._check_in()
                topic, raw = self._commands.pop(0) if self._commands else self._documents.popitem()
                await self._take(topic, raw)

    async def _take(self, topic, raw, stored=False):
        try:
            document = await self._admission.admit(topic, raw)
            if document.unchanged:
                return
            if document.pending:
                self._admission.commit(document)
                self._pending[topic] = document
            else:
                await self._act(document)
        except Refused as refused:
            if refused.code != TIME_UNSET:
                self._tell(refused, stored)
            return
        if not stored and document.kind not in _UNANSWERED:
            self._keep(document)
            self._answer(document.id, None)

    async def _act(self, document):
        """A command is done only after it was written down that it is: once a reboot has begun it is too late.

        Raises Refused with the document's id as its `subject`: who signed it gets an answer, also where only its meaning is impossible.
        """
        try:
            if document.kind == topics.COMMAND:
                self._admission.commit(document)
                await self._handlers[document.kind](document)
            else:
                await self._handlers[document.kind](document)
                self._admission.commit(document)
        except Refused as refused:
            refused.subject = document.id
            raise

    async def _review_pending(self):
        for topic in list(self._pending):
            document = self._pending[topic]
            try:
                self._admission.check_time(document)
                if document.pending:
                    continue
                await self._handlers[document.kind](document)
            except Refused as refused:
                self._admission.forget(document.kind, document.audience)
                refused.subject = document.id
                self._tell(refused, stored=False)
            del self._pending[topic]

    def _tell(self, refused, stored):
        subject = getattr(refused, "subject", None)
        if subject and not stored:
            self._answer(subject, refused)
        else:
            self._refused(refused)
