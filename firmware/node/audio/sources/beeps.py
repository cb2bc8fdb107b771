"""A number to be counted by ear: each digit as so many short high tones, a zero as one long low one, a pause after each digit. Made as it plays."""

from array import array

from micropython import const

from node.audio.sources import tone
from node.audio.sources.chime import Synthesised

_LEAD_MS = const(200)  # of silence: a player fades in, and the first tone must be as loud as the others
_HIGH = const(880)  # hertz
_LOW = const(330)
_EVERY_MS = const(300)  # from one short tone to the next
_LONG_MS = const(900)
_PAUSE_MS = const(600)  # more, behind a digit
_RINGS_MS = const(35)  # of a short tone, to 1/e: all but gone when the next is struck
_LONG_RINGS_MS = const(300)
_LEVEL = const(12_000)  # of 32767


class Beeps(Synthesised):
    """`number`: 0 or more. 13 is one tone, a pause, three tones."""

    def __init__(self, rate, number):
        self._table = tone.quarter_sine()
        self._state = array("i", [0] * tone.STATE_CELLS)
        self._struck = []  # frame, phase step and decay of each tone
        at_ms = _LEAD_MS
        for digit in str(number):
            count = int(digit)
            hertz, every_ms, rings_ms = (_HIGH, _EVERY_MS, _RINGS_MS) if count else (_LOW, _LONG_MS, _LONG_RINGS_MS)
            for _ in range(count or 1):
                self._struck.append((at_ms * rate // 1000, tone.step_of(hertz, rate), tone.decay_of(rings_ms, rate)))
                at_ms += every_ms
            at_ms += _PAUSE_MS
        super().__init__(rate, at_ms, self._from_its_start, self._ring)

    def _from_its_start(self, start):
        """Half a number says nothing."""
        return 0

    def _ring(self, samples, at, frames):
        place = 0
        while place < len(self._struck):
            struck, step, decay = self._struck[place]
            place += 1
            end = self._struck[place][0] if place < len(self._struck) else at + frames
            if end <= at or struck >= at + frames:
                continue
            if struck >= at:
                self._state[tone.PHASE] = 0
                self._state[tone.STEP] = step
                self._state[tone.LEVEL] = _LEVEL << tone.LEVEL_BITS
                self._state[tone.DECAY] = decay
            tone.add_tone(samples, max(0, struck - at), min(frames, end - at), self._state, self._table)
