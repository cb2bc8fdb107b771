"""An ES8388 soldered to a simulated board, its master clock wired to GPIO 0. To be named as `models` when a node is installed; runs in the node's process."""

from model_es8388 import Es8388
from model_pins import I2S0, clock_on_gpio0
from model_sound import Clocks

from loa.sim.esp32.memory import mem32


class _Wired(Clocks):
    """Clocks that run while the emulated I2S does, with a master clock while it is brought out."""

    def __init__(self, chip, rate):
        self._chip = chip
        super().__init__(rate)

    @property
    def running(self):
        return self._chip.transmits

    @running.setter
    def running(self, value):
        pass

    @property
    def master(self):
        return 256 * self.rate if clock_on_gpio0(mem32) == I2S0 else 0

    @master.setter
    def master(self, value):
        pass


def fit(chip):
    return {("i2c", 0): [Es8388(_Wired(chip, chip.soldered["rate"]))]}
