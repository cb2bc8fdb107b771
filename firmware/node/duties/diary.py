"""Writes down what became of things, for the station and for this node after a reboot: events to be reported, and how far each item was heard.

The journal keeps it on flash; who sends the events is `reporter`. Nothing here waits.
"""

from node.bus.report_words import BOOT, DROPPED, ORDER, PLAYED, POWER, REFUSED
from node.health import proof


class Diary:
    """`journal`: see `node.store.journal`. `on_event()` is called after each event that is to be reported."""

    def __init__(self, journal, clock, on_event):
        self._journal = journal
        self._clock = clock
        self._on_event = on_event

    def restore(self, agenda):
        """At boot: tell the agenda what is over and what was begun, and report as cut by power what was on the air."""
        replay = self._journal.replay()
        for key in replay.done:
            agenda.restore(key, 0, True)
        for key, begun in replay.open.items():
            agenda.restore(key, begun.to_ms, False)
            if begun.to_ms > begun.event["from_ms"]:
                self.tell(PLAYED, dict(begun.event, to_ms=begun.to_ms, why=POWER))

    def booted(self, version, cause, hung):
        self.tell(BOOT, proof.boot(self._clock.now(), version, cause, hung))

    def began(self, item, sound, t):
        """`item` is on the air from Unix seconds `t` on."""
        self._journal.begin(item.key, proof.played(t, item, sound.variant, sound.codec, item.resume_ms, item.resume_ms, POWER))

    def mark(self, item, position_ms):
        """It was heard up to `position_ms`."""
        self._journal.mark(item.key, position_ms)

    def played(self, event, done):
        """A stretch on the air has ended; `done`: it does not come again."""
        self.tell(PLAYED, event)

    def dropped(self, item, why):
        """The agenda gave it up."""
        self.tell(DROPPED, proof.dropped(self._clock.now(), item.key, why))

    def refused(self, refusal):
        """Input was refused that nobody is answered for."""
        self.tell(REFUSED, proof.refused(self._clock.now(), refusal))

    def order(self, order_id, result):
        self.tell(ORDER, proof.order(self._clock.now(), order_id, result))

    def tell(self, kind, event):
        """One event for the station."""
        self._journal.append(kind, event)
        self._on_event()
