"""Loudness: a volume in per cent as a factor, and ramps from one factor to another applied to samples in place.

Factors are Q2.14: 16384 is 1.0 and leaves samples bit-exact, 0 is silence, FACTOR_MAX is just under 2.0 (+6 dB). Results saturate.
"""

import micropython
from micropython import const

FACTOR_ONE = 16384
FACTOR_MAX = 32767

_FACTOR_ONE = const(16384)
_FRACTION_BITS = const(12)  # a ramp's level is Q2.26: a factor and 12 bits more, so that slow ramps do not stop between two factors


def factor(per_cent, ceiling=FACTOR_ONE):
    """The factor for a volume of 0 to 100 per cent, where 100 is `ceiling`.

    The square law is the nearest in whole numbers to how loudness is felt: half the volume is -12 dB, where ten would halve the sones.
    """
    if not 0 <= per_cent <= 100 or not 0 <= ceiling <= FACTOR_MAX:
        raise ValueError(f"volume {per_cent} of ceiling {ceiling}")
    return per_cent * per_cent * ceiling // 10000


class Ramp:
    """A level that moves in a straight line to its target over a fixed number of frames, whatever the distance."""

    def __init__(self, frames):
        self._frames = frames
        self._level = 0  # Q2.26
        self._target = 0  # Q2.26
        self._step = 0  # Q2.26 per frame
        self._left = 0  # frames until the target is reached

    @property
    def silent(self):
        """True where samples come out as zeros and will until the next `to`."""
        return self._level == 0 and self._left == 0

    def to(self, target):
        """Head for the factor `target`, to be reached `frames` from here; does nothing while already heading there."""
        target <<= _FRACTION_BITS
        if target != self._target:
            self._target = target
            self._step = (target - self._level) // self._frames
            self._left = self._frames

    def mute(self):
        """Be at zero at once: for where the sound has already broken off."""
        self._level = self._target = self._left = 0

    def apply(self, samples, start, end):
        """Scale the frames `start` to `end` (excluded) of a buffer of int16 in place and move on by as many."""
        middle = min(end, start + self._left)
        if middle > start:
            scale(samples, start, middle, self._level, self._step)
            self._left -= middle - start
            self._level = self._level + self._step * (middle - start) if self._left else self._target
        if end > middle and self._level != _FACTOR_ONE << _FRACTION_BITS:
            scale(samples, middle, end, self._level, 0)


@micropython.viper
def scale(samples: ptr16, start: int, end: int, level: int, step: int):
    """Multiply int16 frames `start` to `end` by `level` (Q2.26, 0 to just under 2.0), which grows by `step` a frame; rounds half up and saturates.

    The product is at most 32768 * 32767 + 8192 in magnitude, below 2**30.
    """
    i = start
    while i < end:
        sample = ((samples[i] ^ 0x8000) - 0x8000) * (level >> 12) + 8192 >> 14
        if sample > 32767:
            sample = 32767
        elif sample < -32768:
            sample = -32768
        samples[i] = sample
        level += step
        i += 1
