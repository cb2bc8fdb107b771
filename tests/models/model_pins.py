"""Which clock comes out of which pin, as the registers of ESP32 (Technical Reference Manual, IO_MUX) and ESP32-S3 (GPIO matrix) say."""

from model_bus import Misuse

I2S0, I2S1 = "i2s0", "i2s1"
_PIN_CTRL, _GPIO0 = 0x3FF49000, 0x3FF49044


def clock_on_gpio0(memory):
    """I2S0, I2S1 or None, by the registers of an ESP32."""
    if memory[_GPIO0] >> 12 & 7 != 1:
        return None
    return {0: I2S0, 15: I2S1}.get(memory[_PIN_CTRL] & 15)


class Esp32Memory:
    """`machine.mem32` of an ESP32, as far as its clock outputs go."""

    def __init__(self):
        self._words = {_PIN_CTRL: 0x7FF, _GPIO0: 0x2800 | 2 << 12}

    def __getitem__(self, address):
        self._check(address)
        return self._words[address]

    def __setitem__(self, address, value):
        self._check(address)
        if (value ^ self._words[address]) & ~(0x7000 if address == _GPIO0 else 0xFFF):
            raise Misuse(f"bits of {address:#x} that have nothing to do with clocks")
        self._words[address] = value

    def clock_on_gpio0(self):
        """I2S0, I2S1 or None."""
        return clock_on_gpio0(self)

    def _check(self, address):
        if address not in self._words:
            raise Misuse(f"{address:#x} has nothing to do with clocks")


class Esp32S3Memory:
    """`machine.mem32` of an ESP32-S3: the output half of its GPIO matrix. At first every pin carries its own level, signal 256."""

    _FIRST, _PINS = 0x60004554, 49

    def __init__(self):
        self._words = {self._FIRST + 4 * pin: 256 for pin in range(self._PINS)}

    def __getitem__(self, address):
        return self._words[address]

    def __setitem__(self, address, value):
        if address not in self._words or value >> 12:
            raise Misuse(f"{value:#x} at {address:#x}")
        self._words[address] = value

    def clock_on(self, pin):
        """ "i2s0", "i2s1" or None."""
        return {23: I2S0, 21: I2S1}.get(self._words[self._FIRST + 4 * pin])
