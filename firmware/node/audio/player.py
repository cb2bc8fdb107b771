"""Plays one source after the other and tells how far each was heard. Keeps the amplifier on a little while between them.

`run()` is the only task that touches pump and sink; the others talk to it by `play`, `stop` and `set_volume`. Which source is played, and
what follows a failed one, is decided elsewhere.
"""

import asyncio
import time
from errno import ENOMEM

from micropython import const

from node.audio import gain
from node.audio.feeder import Chunks, Feeder
from node.audio.pump import Pump
from node.bell import Bell
from node.refusal import CODEC, FULL, OUTPUT, RATE, Refused

END = "end"
STOPPED = "stopped"
STARVED = "starved"

_BEAT_MS = const(5)
_LINGER_MS = const(3000)  # silence behind a programme before the amplifier goes off
_SETTLED_MS = const(60)  # behind the last frame that should have left: how far the timeline may be ahead of the ring
_SLEEP_MS = const(1000)
_STARVED_MS = const(20_000)


class Outcome:
    """What was heard of a source: from `from_ms` to `to_ms` of it; `why`: "end", "stopped", "starved" or a code of `node.refusal`; `reason`: its text."""

    def __init__(self, from_ms, to_ms, why, reason=""):
        self.from_ms = from_ms
        self.to_ms = to_ms
        self.why = why
        self.reason = reason


class Player:
    """`sink`: see `node.audio.sink`. `codecs`: `{name: class}`, one instance of each is made now. `gate`: see `node.store.gate`, closed while sound is out.

    `ceiling`: the gain at volume 100, Q2.14. `starved_ms`: silence after which a source without data is given up. `check_in()` is called at
    least every second while all is well. `take(n)` gives a buffer of n bytes for good.
    """

    def __init__(self, sink, codecs, gate, check_in, ceiling=gain.FACTOR_ONE, starved_ms=_STARVED_MS, clock=time, take=bytearray):
        self._sink = sink
        self._codecs = {name: codecs[name]() for name in codecs}
        self._gate = gate
        self._writes = 0  # of the gate, when sound last set in
        self._check_in = check_in
        self._ceiling = ceiling
        self._starved_ms = starved_ms
        self._clock = clock
        self._chunks = Chunks(2 * sink.block_frames, take)  # what a block is in the codec that needs most, PCM
        self._pump = Pump(sink, self._chunks, take)
        self._programme = None
        self._wake = Bell()
        self._free = asyncio.Event()
        self._free.set()
        self.sounding = False
        self.set_volume(100)

    async def play(self, source, start_ms=0, unwanted=None):
        """Play `source` from `start_ms` on and return the Outcome, when the last frame of it has left the ring.

        Waits until a programme before it is over; if `unwanted()` is true then, it is stopped before it begins. A cancelled call fades out like
        `stop`.
        """
        while self._programme:
            await self._free.wait()
        if unwanted and unwanted():
            return Outcome(start_ms, start_ms, STOPPED)
        programme = self._programme = _Programme(source, start_ms)
        self._free.clear()
        self._wake.ring()
        try:
            await programme.over.wait()
        finally:
            programme.stopping = True
        return programme.outcome

    def stop(self):
        """Fade out; `play` returns "stopped". Nothing happens where nothing plays."""
        if self._programme:
            self._programme.stopping = True

    def set_volume(self, per_cent):
        """Ramp to 0..100 per cent of the ceiling."""
        self._pump.set_factor(gain.factor(per_cent, self._ceiling))

    @property
    def rate(self):
        """Frames a second that a source must have."""
        return self._sink.rate

    @property
    def position_ms(self):
        """How far into its source the programme on the air was heard; None without one."""
        programme = self._programme
        return programme.position_ms(self._sink.timeline) if programme else None

    @property
    def buffer_ms(self):
        """Sound that waits in the ring."""
        return self._sink.queued_frames() * 1000 // self._sink.rate if self._sink.running else 0

    @property
    def starvations(self):
        """Times that a source had no data in time, since boot."""
        return self._pump.starvations

    @property
    def underruns(self):
        """Times that the ring ran dry in the middle of sound, since boot."""
        return self._pump.underruns

    async def run(self):
        """The task that plays. Cancelled, it fades out, switches the amplifier off and ends."""
        try:
            while True:
                await self._idle()
                await self._perform(self._programme)
        finally:
            await self._shut_down()

    async def _idle(self):
        """Return when there is something to play; until then silence, and after a while nothing at all."""
        since = self._clock.ticks_ms()
        while not self._programme:
            if self._sink.running:
                await self._beat()
                idle_ms = self._clock.ticks_diff(self._clock.ticks_ms(), since)
                if self.sounding and idle_ms > _SETTLED_MS:
                    self._quiet()
                if idle_ms > _LINGER_MS:
                    await self._sink.stop()
            else:
                if self.sounding:  # it was to sound, and the sink did not start
                    self._quiet()
                self._check_in()
                await self._wake.within(_SLEEP_MS)
        self._wake.clear()

    async def _perform(self, programme):
        feeder = Feeder(self._chunks, programme.source, programme.start_ms)
        task = asyncio.create_task(feeder.run())
        try:
            await self._open(programme, feeder)
            await self._sound(programme, feeder)
        except Refused as refused:
            programme.end(refused.code, refused.reason)
        finally:
            try:
                while not task.done():  # the chunks are its own until then; CPython reports no error of a task that is cancelled behind it
                    task.cancel()  # again at each beat: `wait_for` can lose one
                    await self._beat()
            finally:
                programme.finish(self._sink.timeline)
                self._programme = None
                self._free.set()

    async def _open(self, programme, feeder):
        """Wait until the source is open, make sure that it can be played, start the sink. Returns with the programme ended where it was stopped."""
        since = self._clock.ticks_ms()
        await asyncio.sleep_ms(0)  # all but what comes over the network is open then
        while not feeder.opened and not self._chunks.ended:
            if programme.stopping:
                return programme.end(STOPPED)
            if self._clock.ticks_diff(self._clock.ticks_ms(), since) > self._starved_ms:
                return programme.end(STARVED)
            await self._beat()
        if not feeder.opened:
            raise self._chunks.refused
        source = programme.source
        if source.format.codec not in self._codecs:
            raise Refused(CODEC, source.format.codec)
        if source.format.rate != self._sink.rate:
            raise Refused(RATE, f"{source.format.rate} frames a second where {self._sink.rate} are played")
        self._gate.close()
        self.sounding = True
        await self._gate.wait_quiet()
        writes, self._writes = self._writes, self._gate.writes
        if self._sink.running and self._writes != writes:
            await self._sink.stop()  # an erase under running clocks leaves the driver's queue of buffers out of step with what goes out
        if not self._sink.running:
            try:
                await self._sink.start()
            except OSError as error:
                raise Refused(FULL if error.args[0] == ENOMEM else OUTPUT, f"I2S: {error}")
        self._pump.begin(self._codecs[source.format.codec], source.format, source.skip_frames, source.frames_left)
        programme.begun = True

    async def _sound(self, programme, feeder):
        """Pump until the last frame of the programme has left the ring."""
        pump = self._pump
        hungry = None  # ticks since when it starves
        while programme.begun and pump.sounding:
            self._step()
            feeder.freed()
            await asyncio.sleep_ms(_BEAT_MS)
            if not pump.starving:
                hungry = None
            elif hungry is None:
                hungry = self._clock.ticks_ms()
            elif self._clock.ticks_diff(self._clock.ticks_ms(), hungry) > self._starved_ms:
                programme.end(STARVED)
            if programme.stopping:
                programme.end(STOPPED)
            if programme.why and not pump.done:
                pump.stop()
            elif pump.done:
                refused = pump.refused or self._chunks.refused
                if refused:
                    programme.end(refused.code, refused.reason)
                else:
                    programme.end(END)

    async def _beat(self):
        """One block, if the sink has room; then let the others run."""
        self._step()
        await asyncio.sleep_ms(_BEAT_MS)

    def _step(self):
        if not self._sink.running:
            self._check_in()
        elif self._sink.ready():
            self._pump.step()
            self._check_in()

    def _quiet(self):
        self.sounding = False
        self._gate.reopen()

    async def _shut_down(self):
        self._pump.stop()
        while self._sink.running and self._pump.sounding:
            await self._beat()
        await self._sink.stop()
        self._quiet()


class _Programme:
    """What is known of one call of `play`."""

    def __init__(self, source, start_ms):
        self.source = source
        self.start_ms = start_ms
        self.over = asyncio.Event()
        self.stopping = False
        self.begun = False
        self.why = None  # the first reason to end counts
        self.outcome = None
        self._reason = ""

    def end(self, why, reason=""):
        if self.why is None:
            self.why = why
            self._reason = reason

    def position_ms(self, timeline):
        return self.start_ms + (timeline.left_ms if self.begun else 0)

    def finish(self, timeline):
        self.outcome = Outcome(self.start_ms, self.position_ms(timeline), self.why or STOPPED, self._reason)
        self.over.set()
