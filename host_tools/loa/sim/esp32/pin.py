"""`machine.Pin`: levels are recorded with the host's time. Inputs read what a pull-up or pull-down gives, the chip's own or one soldered to the pin."""

from chip import CHIP


class Pin:
    """A GPIO; the last level driven stays with the chip, not with the object, as in hardware."""

    IN = 1
    OUT = 3
    OPEN_DRAIN = 7
    PULL_DOWN = 1
    PULL_UP = 2
    _levels = {}

    def __init__(self, number, mode=-1, pull=-1, *, value=None):
        self.number = self._number = number
        self._pull = pull
        if value is not None:
            self.value(value)
        elif mode == self.OUT and number not in self._levels:
            self.value(0)

    def value(self, level=None):
        if level is None:
            pulled_up = self._pull == self.PULL_UP or self._number in CHIP.soldered.get("pull_ups", ())
            return self._levels.get(self._number, 1 if pulled_up else 0)
        level = 1 if level else 0
        if self._levels.get(self._number) != level:
            self._levels[self._number] = level
            CHIP.record_pin(self._number, level)
        return None

    __call__ = value

    def on(self):
        self.value(1)

    def off(self):
        self.value(0)
