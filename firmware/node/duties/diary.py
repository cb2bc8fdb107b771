"""Writes down what became of things, for the station and for this node after a reboot: events to be reported, and how far each item was heard.

The journal keeps it on flash; who sends the events is `reporter`. When the journal is full the event is lost, counted in telemetry and said on the
console: the sound goes on.
"""

from micropython import const

from node.bus.report_words import BOOT, DROPPED, PLAYED, POWER, REFUSED
from node.health import proof
from node.refusal import Refused
from node.store.records import DONE, OPEN

_NOBODYS_MAX = const(16)  # unseen at a time: whoever owns the broker may send anything, and must not fill the journal with it


class Diary:
    """`journal`: see `node.store.journal`. `on_event()` is called after each event that is to be reported."""

    def __init__(self, journal, clock, on_event):
        self._journal = journal
        self._clock = clock
        self._on_event = on_event
        self._nobodys = []  # numbers of the last refusals that were nobody's

    def restore(self, agenda):
        """At boot: tell the agenda what is over and what was begun, and report as cut by power what was on the air."""
        cut = []
        for key, state, ms, event in self._journal.replay():
            agenda.restore(key, ms, state == DONE)
            if state == OPEN:
                cut.append((key, ms, event))
        for key, ms, event in cut:
            until = event.pop("until")
            self._append(PLAYED, dict(event, to_ms=max(ms, event["from_ms"]), why=POWER), key, ms, until)

    def booted(self, version, cause, hung):
        """The application runs; `cause`: word for the reset; `hung`: the task for which the watchdog ended the run before, or None."""
        self._append(BOOT, proof.boot(self._clock.now(), version, cause, hung))

    def began(self, item, sound, t):
        """`item` is on the air from Unix seconds `t` on."""
        event = proof.played(t, item, sound.variant, sound.codec, item.resume_ms, item.resume_ms, POWER)
        self._try(self._journal.start, item.key, item.resume_ms, item.until, dict(event, until=item.until))

    def mark(self, position_ms):
        """What began last was heard up to `position_ms`."""
        self._try(self._journal.mark, position_ms)

    def seen(self, journal_id, n):
        """The station has recorded the events of a journal up to `n`."""
        self._try(self._journal.seen, journal_id, n)

    def played(self, item, event, done):
        """The stretch of `item` that `event` tells of is over; `done`: it is not played again."""
        self._append(PLAYED, event, item.key, event["to_ms"], item.until, done)

    def dropped(self, item, why):
        """The agenda gave `item` up."""
        self._append(DROPPED, proof.dropped(self._clock.now(), item.key, why), item.key, item.resume_ms, item.until, True)

    def failed(self, item, refused, done):
        """The sound of `item` cannot be had; `done`: that is final."""
        event = proof.refused(self._clock.now(), refused, item.key)
        self._append(REFUSED, event, item.key, item.resume_ms, item.until, done)

    def bridged(self, event):
        """The fallback of an item sounded in its stead, as `event` tells; how far the item itself was heard does not change."""
        self._append(PLAYED, event)

    def refused(self, refusal):
        """Input was refused that nobody is answered for. While 16 of these are not seen by the station, more are only said on the console."""
        self._nobodys = [n for n in self._nobodys if n > self._journal.seen_n]
        if len(self._nobodys) >= _NOBODYS_MAX:
            print("refused:", refusal)
            return
        n = self._append(REFUSED, proof.refused(self._clock.now(), refusal))
        if n:
            self._nobodys.append(n)

    def _append(self, kind, event, key=None, ms=0, until=0, done=False):
        n = self._try(self._journal.append, kind, event, key, ms, until, done)
        self._on_event()
        return n

    def _try(self, write, *entry):
        """What `write` returns, or None where the journal takes no more."""
        try:
            return write(*entry)
        except (Refused, OSError) as error:
            print("journal:", error)
