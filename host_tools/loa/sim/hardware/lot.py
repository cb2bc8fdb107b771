"""Draws by lot that come out the same for the same seed on CPython and on MicroPython, so that a simulation can be repeated."""

from math import cos, log, pi, sqrt

_MASK = 0xFFFFFFFF
_FNV_BASIS = 0x811C9DC5
_FNV_PRIME = 0x01000193


class Lot:
    """A generator for each purpose: `seed` may be any number of texts and whole numbers. xorshift of 32 bits (Marsaglia, 2003), begun by FNV-1a."""

    def __init__(self, *seed):
        state = _FNV_BASIS
        for letter in "/".join([str(part) for part in seed]).encode():
            state = (state ^ letter) * _FNV_PRIME & _MASK
        self._state = state or 1
        for _ in range(4):  # seeds that differ little are apart now
            self._next()

    def _next(self):
        state = self._state
        state ^= state << 13 & _MASK
        state ^= state >> 17
        state ^= state << 5 & _MASK
        self._state = state
        return state

    def fraction(self):
        """A number of [0, 1)."""
        return self._next() / (_MASK + 1)

    def below(self, limit):
        """A whole number of 0..limit - 1."""
        return self._next() % limit

    def between(self, low, high):
        """A number of [low, high)."""
        return low + (high - low) * self.fraction()

    def normal(self):
        """A number of the standard normal distribution (Box and Muller)."""
        return sqrt(-2 * log(1 - self.fraction())) * cos(2 * pi * self.fraction())

    def exponential(self, mean):
        """How long it takes until something happens that happens once in `mean` on average."""
        return -mean * log(1 - self.fraction())
