"""The sounds a node has without any file: the chime that comes before a message, and the siren. Both are made as they play."""

from array import array

from micropython import const

from node.audio.gain import scale
from node.audio.sources import tone
from node.audio.wav import PCM16, Format

_CHIME_NOTES = ((784, 0), (659, 500), (523, 1000))  # G5, E5, C5: hertz, and when it is struck, in ms
_CHIME_MS = const(3500)
_CHIME_LEVEL = const(10_000)  # of 32767; three notes together stay below full scale
_CHIME_DECAY_MS = const(350)  # to 1/e

_SIREN_LOW = const(400)  # hertz
_SIREN_HIGH = const(1000)
_SIREN_SWEEP_MS = const(2000)
_SIREN_LEVEL = const(22_000)


class Synthesised:
    """What sounds that are made as they play share as sources.

    `begin(start)` says where rendering really begins, `render(samples, at, frames)` adds to silence; all in frames.
    """

    def __init__(self, rate, total_ms, begin, render):
        self.format = Format(PCM16, rate, 2, 1)
        self.skip_frames = 0
        self.frames_left = -1
        self.total_ms = total_ms
        self._frames = total_ms * rate // 1000
        self._next = 0
        self._begin = begin
        self._render = render

    async def open(self, start_ms):
        start = min(start_ms * self.format.rate // 1000, self._frames)
        self.frames_left = self._frames - start
        self._next = self._begin(start)
        self.skip_frames = start - self._next

    async def readinto(self, view):
        frames = min(len(view) // 2, self._frames - self._next)
        scale(view, 0, frames, 0, 0)
        self._render(view, self._next, frames)
        self._next += frames
        return 2 * frames

    def close(self):
        self._next = self._frames


class Chime(Synthesised):
    """Three falling notes that ring out over each other."""

    def __init__(self, rate):
        super().__init__(rate, _CHIME_MS, self._from_its_start, self._ring)
        self._table = tone.quarter_sine()
        decay = tone.decay_of(_CHIME_DECAY_MS, rate)
        self._notes = []
        for hertz, at_ms in _CHIME_NOTES:
            state = array("i", [0, tone.step_of(hertz, rate), 0, _CHIME_LEVEL << tone.LEVEL_BITS, decay])
            self._notes.append((at_ms * rate // 1000, state))

    def _from_its_start(self, start):
        """Always from the beginning: how far a note has died away is known only by letting it."""
        return 0

    def _ring(self, samples, at, frames):
        for struck, state in self._notes:
            if struck < at + frames:
                tone.add_tone(samples, max(0, struck - at), frames, state, self._table)


class Siren(Synthesised):
    """Rises and falls, until `total_ms` are over."""

    def __init__(self, rate, total_ms):
        super().__init__(rate, total_ms, self._anywhere, self._wail)
        self._table = tone.quarter_sine()
        self._sweep = _SIREN_SWEEP_MS * rate // 1000
        self._low = tone.step_of(_SIREN_LOW, rate)
        self._change = (tone.step_of(_SIREN_HIGH, rate) - self._low) // self._sweep
        self._state = array("i", [0, 0, 0, _SIREN_LEVEL << tone.LEVEL_BITS, tone.STEADY])

    def _anywhere(self, start):
        return start

    def _wail(self, samples, at, frames):
        done = 0
        while done < frames:
            sweep, within = divmod(at + done, self._sweep)
            n = min(frames - done, self._sweep - within)
            rising = sweep % 2 == 0
            self._state[tone.STEP] = self._low + self._change * (within if rising else self._sweep - within)
            self._state[tone.STEP_CHANGE] = tone.modulo(self._change if rising else -self._change)
            tone.add_tone(samples, done, done + n, self._state, self._table)
            done += n
