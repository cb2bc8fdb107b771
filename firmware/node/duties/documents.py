"""What each type of document means to the node, once it was admitted. A handler that raises Refused has changed nothing."""

import asyncio

from node.bus import topics
from node.link import clock, tls
from node.refusal import MALFORMED, Refused


class Handlers:
    """`by_type` is what `Inbox` calls. `changed()`: the agenda decides anew; `seen()`: the journal owes less."""

    def __init__(self, agenda, diary, node_clock, commands, changed, seen):
        self._agenda = agenda
        self._diary = diary
        self._clock = node_clock
        self._changed = changed
        self._seen = seen
        self.by_type = {
            topics.PLAN: self._plan,
            topics.AIR: self._air,
            topics.TRUST: self._trust,
            topics.SEEN: self._seen_up_to,
            topics.COMMAND: commands.handle,
        }

    async def _plan(self, document):
        for _ in self._agenda.plan_steps(document.audience, document.body):
            await asyncio.sleep_ms(0)
        self._changed()

    async def _air(self, document):
        self._agenda.put_air(document.audience, document.body)
        self._changed()

    async def _trust(self, document):
        """Keys and certificates count from the commit on; here it is only made sure that the certificates are some."""
        authority = document.body.get("ca")
        if authority:
            try:
                tls.client_context(authority)
            except (ValueError, OSError):
                raise Refused(MALFORMED, "ca holds no certificates")

    async def _seen_up_to(self, document):
        body = document.body
        if document.confirms_time:
            self._clock.set(document.issued * 1000, clock.STATION)
        if "journal" in body and "n" in body:
            self._diary.seen(body["journal"], body["n"])
            self._seen()
