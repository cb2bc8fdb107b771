"""As much of the module `machine` as boards are made of: pins that drive what is wired to them, and one I2C bus."""


class Machine:
    """`bus`: what `I2C` gives; `memory`: `mem32`; `wired`: what a pin drives, by number. `levels` of pins and the `buses` that were made are kept."""

    def __init__(self, bus=None, memory=None, wired=None):
        self.mem32 = memory
        self.levels = levels = {}
        self.buses = buses = []

        class Pin:
            OUT = 3

            def __init__(self, number, mode=-1, value=None):
                self._number = number
                if value is not None:
                    self.value(value)

            def value(self, level):
                levels[self._number] = level
                if wired and self._number in wired:
                    wired[self._number].value(level)

        class I2C:
            def __new__(cls, unit, sda, scl, freq):
                buses.append((unit, sda._number, scl._number, freq))
                return bus

        self.Pin = Pin
        self.I2C = I2C
