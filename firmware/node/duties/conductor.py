"""Keeps on the air what the agenda decides: asks it, ends what must make way, starts what comes next.

It neither arbitrates (`plan`) nor makes sound (`audio`); what one item goes through is told in `performance`.
"""

import asyncio

from micropython import const

from node.bell import Bell

_ASK_AGAIN_MS = const(30_000)  # at the latest: a clock that is set anew moves every wake time
_VOLUME_FULL = const(100)


class Conductor:
    """`dropped(item, why)` records what will not be heard; `needs(upcoming)` is told what the coming items play, once that is known;
    `on_change()` that `on_air` is another."""

    def __init__(self, agenda, player, performances, clock, dropped, needs, on_change, check_in):
        self._check_in = check_in
        self._agenda = agenda
        self._player = player
        self._performances = performances
        self._clock = clock
        self._dropped = dropped
        self._needs = needs
        self._on_change = on_change
        self._changed = Bell()
        self._performance = None
        self._task = None
        self._resting = False
        self.volume = _VOLUME_FULL  # per cent of the ceiling

    @property
    def on_air(self):
        """Key of the item that is being opened or played, or None."""
        return self._performance.item.key if self._performance else None

    def changed(self):
        """Something that a decision rests on is new: a document, the time, the end of a performance."""
        self._changed.ring()

    async def run(self):
        """Task; calls `check_in()` at least every 30 s, unless ending a performance takes longer."""
        while True:
            self._check_in()
            self._changed.clear()
            now = self._clock.now()
            decision = self._agenda.decide(now or 0, now is not None)
            for item, why in decision.dropped:
                self._dropped(item, why)
                if item.key == self.on_air:
                    self._performance.dropped()
            self._set_volume(decision.volume)
            if decision.upcoming is not None:
                self._needs(decision.upcoming)
            await self._follow(None if self._resting else decision.item)
            await self._until(decision.wake, now)

    async def rest(self):
        """End what is on the air and start nothing more, as before a reboot."""
        self._resting = True
        self._changed.ring()
        while self._performance:
            await self._task
            await asyncio.sleep_ms(0)

    async def _follow(self, item):
        if self._performance and (item is None or item.key != self._performance.item.key or self._task.done()):
            self._performance.stop()
            await self._task
            self._performance = None
            self._on_change()
            self._changed.ring()  # what was heard of it meanwhile may change the decision
        elif self._performance:
            self._performance.update(item)
        elif item:
            self._performance = self._performances.start(item)
            self._task = asyncio.create_task(self._perform())
            self._on_change()

    async def _perform(self):
        try:
            await self._performance.run()
        finally:
            self._changed.ring()

    def _set_volume(self, ordered):
        volume = _VOLUME_FULL if ordered is None else ordered
        if volume != self.volume:
            self.volume = volume
            self._player.set_volume(volume)
            self._on_change()

    async def _until(self, wake, now):
        """Return when something changed, at `wake`, or after half a minute."""
        wait_ms = _ASK_AGAIN_MS
        if now is not None and wake is not None:
            wait_ms = max(0, min(wait_ms, wake * 1000 - self._clock.now_ms()))
        if not await self._changed.within(wait_ms):
            await asyncio.sleep_ms(0)
