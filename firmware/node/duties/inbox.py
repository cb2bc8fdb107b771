"""Takes every document and command that reaches the node, whatever brought it, has it judged, acts on it, and answers.

One after the other, and whoever brings one waits: so nothing queues here, and a flood is held back where it comes in. What a document means is
its handler's business.
"""

import asyncio

from micropython import const

from node.bell import Bell
from node.bus import topics
from node.refusal import DAMAGED, FULL, TIME_UNSET, Refused

_LOOK_MS = const(30_000)
_QUIET_MS = const(500)
_UNANSWERED = (topics.SEEN,)  # it is an answer itself


class Inbox:
    """`handlers`: type -> `async handle(document)` that may raise Refused and then has changed nothing; `keep(document)` stores an accepted one.

    `committed(document)` is called once it counts, also for what is restored at boot.
    `answer(subject, refusal, urgent)` tells the station: None for accepted. `refused(refusal)` records what was nobody's, where there is nobody to answer.
    `turn`: the Lock of all who need much memory for a moment.
    """

    def __init__(self, admission, handlers, committed, keep, answer, refused, check_in, turn):
        self._check_in = check_in
        self._admission = admission
        self._handlers = handlers
        self._committed = committed
        self._keep = keep
        self._answer = answer
        self._refused = refused
        self._pending = {}  # topic: admitted, but nobody knows yet whether it has expired
        self._turn = turn
        self._taken = 0
        self._time_known = Bell()

    async def take(self, topic, raw):
        """Judge `raw` (bytes) that came under `topic`. True if it is held now, so that the same bytes need not be brought again."""
        async with self._turn:
            held = await self._take(topic, raw)
            self._taken += 1
            return held

    @property
    def busy(self):
        """A document is being judged, or somebody else has the turn."""
        return self._turn.locked()

    async def wait_quiet(self):
        """Return when half a second has gone by without a document: what can wait leaves them the memory of a small board."""
        taken = None
        while self._turn.locked() or taken != self._taken:
            taken = self._taken
            await asyncio.sleep_ms(_QUIET_MS)

    def time_known(self):
        """The clock was set: what waited for that can be judged."""
        self._time_known.ring()

    async def restore(self, stored, take):
        """At boot: what stands on the shelf, `(kind, audience)`, trust first, because it says who may have signed the others.

        `take(kind, audience)`: async, gives the raw document, None where it is damaged.
        """
        for kind, audience in sorted(stored, key=lambda place: place[0] != topics.TRUST):
            raw = await take(kind, audience)
            if raw is None:
                self._refused(Refused(DAMAGED, f"{kind} of {audience} on flash"))
            else:
                await self._take(topics.to(audience, kind), raw, stored=True)

    async def run(self):
        """Task: judges what waited for the time. Calls `check_in()` every 30 s, for as long as no document is stuck."""
        while True:
            await self._time_known.within(_LOOK_MS)
            self._time_known.clear()
            async with self._turn:
                await self._review_pending()
            self._check_in()

    async def _take(self, topic, raw, stored=False):
        if self._admission.holds(topic, raw):
            return True
        try:
            document = await self._admission.admit(topic, raw)
            if document.pending:
                self._admission.commit(document)
                self._pending[topic] = document
            else:
                await self._act(document)
                self._pending.pop(topic, None)  # what waited under this topic is older
        except Refused as refused:
            if refused.code != TIME_UNSET:
                self._tell(refused, stored)
            return False
        except MemoryError:  # of a small board: the document must not end the node, which would only meet it again
            self._tell(_no_memory(), stored)
            return False
        if not stored and document.kind not in _UNANSWERED:
            self._keep(document)
            self._answer(document.id, None, document.urgent)
        return True

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
            self._committed(document)
        except (Refused, MemoryError) as error:
            refused = error if isinstance(error, Refused) else _no_memory()
            refused.subject = document.id
            raise refused

    async def _review_pending(self):
        for topic in list(self._pending):
            document = self._pending[topic]
            try:
                self._admission.check_time(document)
                if document.pending:
                    continue
                await self._handlers[document.kind](document)
                self._admission.commit(document)
            except Refused as refused:
                self._admission.forget(document.kind, document.audience)
                refused.subject = document.id
                self._tell(refused, stored=False)
            del self._pending[topic]

    def _tell(self, refused, stored):
        subject = getattr(refused, "subject", None)
        try:
            if subject and not stored:
                self._answer(subject, refused)
            else:
                self._refused(refused)
        except MemoryError:
            print("no memory to tell:", refused)


def _no_memory():
    return Refused(FULL, "no memory for it now")
