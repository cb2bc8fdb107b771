"""What one item of the agenda goes through: find its sound, play it, fall back where it cannot be had, and write down what was heard.

One performance is one stretch on the air: an item that was cut and comes back is a new performance, which begins where the last one ended.
However it ends, the journal has what was heard of it, and the agenda knows whether it may come again:

    how it ended   of what                                       journal            agenda
    end            a bulletin to its end; live until its time    played end         ended
    stopped        something else must be heard, or a stop       played pre-empted  progress: resumes, or is dropped
    starved        a live stream and its backup are silent       played starved     postponed, tried again
    refused        not what was signed, no codec, no rate        refused            ended; an order's fallback sounds
    away           no way to fetch it, no memory for I2S, now    refused, once      postponed until its time is over; an order's fallback sounds, once
    damaged        flash does not give it back                   refused, once      as away, and it is fetched anew
"""

import asyncio

from micropython import const

from node.audio.player import END, STARVED, STOPPED
from node.bus.report_words import PREEMPTED
from node.health import proof
from node.refusal import DAMAGED, FULL, HTTP_STATUS, ORIGIN, TIMEOUT, UNREACHABLE, Refused

_MARK_MS = const(2_000)  # the most that is heard twice after a power cut
_AGAIN_S = const(15)
_CANCEL_AGAIN_MS = const(20)
_MAY_COME = (UNREACHABLE, TIMEOUT, HTTP_STATUS, ORIGIN, FULL, DAMAGED)
_NONE = "none"
_BRIDGED_MAX = const(16)


class Performances:
    """What performances share. `diary`: see `duties.diary`."""

    def __init__(self, player, sounds, agenda, diary, clock):
        self.player = player
        self.sounds = sounds
        self.agenda = agenda
        self.diary = diary
        self.clock = clock
        self._bridged = []  # keys of the items whose absence was told and bridged last

    def start(self, item):
        """A Performance of `item`, to be run."""
        return Performance(item, self)

    def bridges(self, key):
        """True the first time that the sound of the item `key` cannot be had, as far as the last 16 such items go."""
        if key in self._bridged:
            return False
        self._bridged.append(key)
        del self._bridged[:-_BRIDGED_MAX]
        return True


class Performance:
    """See `Performances.start`. `run` is awaited once, in a task of its own."""

    def __init__(self, item, stage):
        self.item = item
        self._stage = stage
        self._stopped = asyncio.Event()
        self._dropped = False

    def dropped(self):
        """The agenda has given it up: however it ends, it did not end in good order."""
        self._dropped = True

    def update(self, item):
        """The same item as the newest document has it: it may have to end at another time."""
        self.item.until = item.until

    def stop(self):
        """Something else must be heard: fade out, give up looking for the sound, or do not begin it. `run` then returns soon."""
        self._stopped.set()
        self._stage.player.stop()

    async def run(self):
        """Until it ended, in whatever way. Raises nothing but cancellation."""
        try:
            sound = self._stage.sounds.at_hand(self.item) or await self._find()
        except Refused as refused:
            await self._bridge(refused)
            return
        if sound and not self._stopped.is_set():
            await self._sound(sound)

    async def _find(self):
        """The sound that is not at hand, or None if stopped meanwhile. Raises Refused."""
        search = asyncio.create_task(self._stage.sounds.find(self.item))
        stop = asyncio.create_task(self._when_stopped(search))
        try:
            return await search
        except asyncio.CancelledError:
            if self._stopped.is_set():
                return None
            raise
        finally:
            stop.cancel()
            search.cancel()

    async def _when_stopped(self, search):
        await self._stopped.wait()
        while not search.done():
            search.cancel()  # again until it has ended: `wait_for` can lose one
            await asyncio.sleep_ms(_CANCEL_AGAIN_MS)

    async def _sound(self, sound):
        stage, item = self._stage, self.item
        began = stage.clock.now()
        stage.diary.began(item, sound, began)
        marks = None if item.live else asyncio.create_task(self._mark())
        stage.player.stop()  # a chime to identify the node makes way
        stage.sounds.hold(sound)
        try:
            outcome = await stage.player.play(sound.source, item.resume_ms, self._stopped.is_set)
        finally:
            if marks:
                marks.cancel()
            stage.sounds.release(sound)
        over = stage.agenda.is_over(item.key)
        why = self._why(outcome.why, over)
        event = proof.played(began, item, sound.variant, sound.codec, outcome.from_ms, outcome.to_ms, why)
        stage.diary.played(item, event, over or why == END)
        if why == END:
            stage.agenda.ended(item.key)
        elif not over:
            stage.agenda.progress(item.key, outcome.to_ms)
            if why == STARVED:
                await self._bridge(Refused(UNREACHABLE, "no sound from the stream"))
            elif why != PREEMPTED:
                if why == DAMAGED:
                    stage.sounds.doubt(sound)
                await self._bridge(Refused(why, outcome.reason))

    def _why(self, why, over):
        """The player's word in the words of the report: a live stream that was left when its time had come has ended."""
        if why != STOPPED:
            return why
        return END if self.item.live and over and not self._dropped else PREEMPTED

    async def _mark(self):
        """Now and then write down how far it was heard, for the boot after a power cut."""
        while True:
            await asyncio.sleep_ms(_MARK_MS)
            position_ms = self._stage.player.position_ms
            if position_ms is not None:
                self._stage.diary.mark(position_ms)

    async def _bridge(self, refused):
        """Its sound cannot be had: say so once, let the fallback of an order sound, and leave it to the agenda whether it is tried again."""
        stage, item = self._stage, self.item
        first = stage.bridges(item.key)
        final = refused.code not in _MAY_COME
        if first or final:
            stage.diary.failed(item, refused, final)
        if final:
            stage.agenda.ended(item.key)
        else:
            stage.agenda.postpone(item.key, (stage.clock.now() or 0) + _AGAIN_S)
        if first and item.order and item.fallback != _NONE and not self._stopped.is_set():
            began = stage.clock.now()
            outcome = await stage.player.play(stage.sounds.built_in(item.fallback).source, 0, self._stopped.is_set)
            why = END if outcome.why == END else PREEMPTED
            stage.diary.bridged(proof.played(began, item, None, None, outcome.from_ms, outcome.to_ms, why))
