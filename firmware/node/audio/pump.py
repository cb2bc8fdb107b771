"""One block from the codec to the sink at each step: decode, gain, write. Synchronous, allocates nothing, and never breaks off at full level.

It keeps one decoded block back. When the programme ends, stops or has no more bytes in time, that block is still there to fade out:

    what happened        what is played of it                                     afterwards
    end, refusal         the kept block and what is decoded behind it, the last   done
                         frames of it, as many as a block has, fading to zero
    break in the source  the same                                                 goes on behind it, fading in
    no bytes in time     the same                                                 waits, goes on fading in
    stop                 the kept block, fading to zero                           done
    the ring ran dry     nothing: the sound broke off by itself                   goes on fading in

A programme shorter than one block stays silent.
"""

from micropython import const

from node.audio.feeder import BREAK
from node.audio.gain import Ramp, scale
from node.refusal import Refused

_IDLE_BLOCKS = const(2)  # silence kept queued between programmes: enough to flow, little enough to start soon
_TRIES_MAX = const(8)  # feeds and decodes in one step: neither a stream of rubbish nor what is dropped before a position may hold the loop

_FULL = const(0)  # the fresh block is complete
_SHORT = const(1)  # no bytes now
_BREAK = const(2)  # the sound behind does not join on
_OVER = const(3)  # nothing comes any more
_FED = const(4)  # the codec has bytes again, or knows that there are no more


class Pump:
    """`sink` as in `node.audio.sink`; `chunks` as in `node.audio.feeder`; `take(n)` gives a buffer of n bytes for good.

    The sink reads a block until it is ready again, and steps are made only when it is: all three buffers are free whenever a step begins.
    """

    def __init__(self, sink, chunks, take=bytearray):
        self._sink = sink
        self._chunks = chunks
        self._frames = sink.block_frames
        self._ramp = Ramp(self._frames)
        self._kept = take(2 * self._frames)
        self._fresh = take(2 * self._frames)
        self._silence = sink.silence
        self._factor = 0  # Q2.14
        self._codec = None
        self._format = None
        self.starvations = 0
        self.underruns = 0
        self._reset()

    def _reset(self):
        self._has_kept = False
        self._made = 0  # frames in the fresh block
        self._tail = 0  # frames of the fresh block that are still to be played because a fade reaches into it
        self._chunk_lent = False
        self._finished = False  # the codec knows that nothing follows
        self._skip = 0  # frames to be decoded and dropped until the programme begins
        self._limit = -1  # frames that are still to come, -1: unknown
        self._filled = False  # the ring has been as full as the longest stall is long
        self._lead = 0  # blocks of silence that may be written before sound sets in
        self._stopping = False
        self._gaps = 0
        self.done = True  # all of the programme that will be played is written
        self.starving = False  # waits in silence for bytes
        self.refused = None  # the Refused by which the codec ended the programme

    @property
    def sounding(self):
        """True while frames of a programme are in the ring, or will be."""
        return not self.done or self._sink.timeline.programme_blocks > 0

    def set_factor(self, factor):
        """The gain to ramp to, Q2.14."""
        self._factor = factor

    def begin(self, codec, format, skip, limit):
        """Play what the chunks bring through `codec`: drop `skip` frames, then play `limit` (-1: all). Raises Refused."""
        self._reset()
        codec.start(format)
        self._codec = codec
        self._format = format
        self._skip = skip
        self._limit = limit
        self._mute()
        self._gaps = self._sink.timeline.gaps
        self._sink.timeline.restart()
        self.done = False

    def stop(self):
        """Fade out within the kept block and be done."""
        self._stopping = True

    def step(self):
        """Write at most one block; only when the sink is ready."""
        self._notice_gap()
        if self.done:
            self._flow()
        elif self._tail:
            self._write_tail()
        elif self._stopping:
            self._made = 0
            self._fade(_OVER)
        else:
            outcome = self._fill()
            if outcome == _FULL and not self._has_kept:  # at the beginning: one to keep, and one to follow if it is there
                self._keep()
                outcome = self._fill()
                if outcome == _SHORT:
                    return
            self._sink.queued_frames()
            self._notice_gap()  # what was decided before may have taken longer than the ring lasted
            if outcome == _FULL:
                self._advance()
            elif outcome != _SHORT or self._must_fade():
                self._fade(outcome)
            elif self._ramp.silent:
                self._starve()

    def _advance(self):
        """The fresh block is complete: play the kept one and keep this."""
        self.starving = False
        if self._lead and self._ramp.silent and self._sink.queued_frames() < self._sink.stall_frames:
            self._lead -= 1
            self._sink.write(self._silence, 0)
            return
        self._ramp.to(self._factor)
        self._ramp.apply(self._kept, 0, self._frames)
        self._sink.write(self._kept, self._frames)
        if not self._filled and self._sink.queued_frames() > self._sink.stall_frames + self._frames:
            self._filled = True
        self._keep()

    def _keep(self):
        self._kept, self._fresh = self._fresh, self._kept
        self._has_kept = True
        self._made = 0

    def _must_fade(self):
        """With no bytes there: would waiting longer risk that the ring runs dry at full level?"""
        if self._ramp.silent:
            return False
        reserve = self._frames + (self._sink.stall_frames if self._filled else 0)
        return self._sink.queued_frames() <= reserve

    def _fade(self, outcome):
        """Play the kept block and what there is of the fresh one so that the last block's length of it fades to zero."""
        k = self._made
        if self._has_kept:
            self._ramp.to(self._factor)
            self._ramp.apply(self._kept, 0, k)
            self._ramp.to(0)
            self._ramp.apply(self._kept, k, self._frames)
            self._sink.write(self._kept, self._frames)
            self._has_kept = False
        self._tail = k
        self._filled = False
        if outcome == _SHORT:
            self.starvations += 1
        elif outcome == _BREAK:
            self._codec.start(self._format)
        else:
            self._stopping = True
        if k == 0:
            self._after_fade()

    def _write_tail(self):
        self._ramp.apply(self._fresh, 0, self._tail)
        scale(self._fresh, self._tail, self._frames, 0, 0)
        self._sink.write(self._fresh, self._tail)
        self._tail = 0
        self._made = 0
        self._after_fade()

    def _after_fade(self):
        self._mute()
        self.done = self._stopping

    def _mute(self):
        """What comes next fades in, behind as much silence as the longest stall lasts: it must not break off before the ring has filled."""
        self._ramp.mute()
        self._lead = (self._sink.stall_frames + self._frames - 1) // self._frames

    def _starve(self):
        self.starving = True
        self._flow()

    def _flow(self):
        """Keep a little silence going."""
        if self._sink.queued_frames() < _IDLE_BLOCKS * self._frames:
            self._sink.write(self._silence, 0)

    def _notice_gap(self):
        """The ring ran dry in the middle of sound, as far as the timeline knows: what comes next starts from zero.

        Asked before a block is written, for the block after the gap must be the one that fades in: one later there is sound to break off.
        """
        gaps = self._sink.timeline.gaps
        if gaps != self._gaps:
            self._gaps = gaps
            if not self._ramp.silent:
                self.underruns += 1
                self._mute()
                self._filled = False

    def _fill(self):
        """Decode into the fresh block until it is full, nothing is there, or enough was tried."""
        try:
            for _ in range(_TRIES_MAX):
                wanted = self._frames - self._made
                if wanted == 0:
                    return _FULL
                if self._skip:
                    wanted = min(wanted, self._skip)
                elif self._limit == 0:
                    return _OVER
                elif self._limit > 0:
                    wanted = min(wanted, self._limit)
                made = self._codec.decode_into(self._fresh, self._made, wanted)
                if made:
                    self._account(made)
                else:
                    outcome = self._feed()
                    if outcome != _FED:
                        return outcome
        except Refused as refused:
            self.refused = refused
            return _OVER
        return _SHORT

    def _account(self, made):
        if self._skip:
            self._skip -= made
            return
        self._made += made
        if self._limit > 0:
            self._limit -= made

    def _feed(self):
        """Give back the buffer that is used up and lend the codec the next one."""
        chunks = self._chunks
        if self._chunk_lent:
            self._chunk_lent = False
            chunks.next()
        n = chunks.counts[chunks.reading]
        if n == BREAK:
            chunks.next()
            return _BREAK
        if n == 0:
            if not chunks.ended:
                return _SHORT
            if self._finished:
                return _OVER
            self._finished = True
            self._codec.finish()
            return _FED
        self._codec.feed(chunks.buffers[chunks.reading], n)
        self._chunk_lent = True
        return _FED
