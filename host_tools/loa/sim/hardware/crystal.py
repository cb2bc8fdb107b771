"""The crystal that the chip's ticks and I2S run from: an offset of its own, the day's temperature, and a slow random walk.

Its time only grows and is asked often, so what costs is done on the chip's tick, by `turn`.
"""

from math import pi, sin, sqrt

from loa.sim.hardware.lot import Lot

_STEP_US = 10_000_000
_HOUR_S = 3600
_DAY_S = 86_400
PERFECT = {"offset_ppm": [0, 0], "temperature_ppm": 0, "wander_ppm_per_sqrt_hour": 0}


class Crystal:
    """`figures` as `[crystal]` of profiles.toml has them; `seed` names the board; `second_of_day`: UTC, when the host's microseconds are `host_us`."""

    def __init__(self, figures, seed, host_us, second_of_day=0):
        self._figures = figures
        self._lot = Lot(seed, "crystal")
        low, high = figures["offset_ppm"]
        self._offset_ppm = self._lot.between(low, high)
        self._wander_ppm = 0.0
        self._second = second_of_day
        self._host_us = host_us  # of the step that is on
        self._us = host_us
        self._ppb = self._parts_per_billion()

    @property
    def ppm(self):
        """By how much it is fast now."""
        return self._ppb / 1000

    def us(self, host_us):
        """Its time in microseconds; no object is made for it."""
        passed = host_us - self._host_us
        return self._us + passed + passed * self._ppb // 1_000_000_000

    def host_us(self, us):
        """The host's microseconds at which it shows `us`, to a microsecond or so, days from now as well."""
        passed = us - self._us
        host = passed - passed * self._ppb // 1_000_000_000
        return self._host_us + host + passed - host - host * self._ppb // 1_000_000_000

    def turn(self, host_us):
        """To be called now and then: temperature and wander go on. What it shows never goes back."""
        shown = self.us(host_us)
        while host_us - self._host_us >= _STEP_US:
            self._us = self.us(self._host_us + _STEP_US)
            self._host_us += _STEP_US
            self._second += _STEP_US // 1_000_000
            self._wander_ppm += self._figures["wander_ppm_per_sqrt_hour"] * sqrt(_STEP_US / 1_000_000 / _HOUR_S) * self._lot.normal()
            self._ppb = self._parts_per_billion()
        self._us += max(0, shown - self.us(host_us))

    def _parts_per_billion(self):
        warmth = self._figures["temperature_ppm"] * sin(2 * pi * self._second / _DAY_S)
        return int((self._offset_ppm + warmth + self._wander_ppm) * 1000)
