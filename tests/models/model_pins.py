"""Which clock comes out of which pin, as the registers of ESP32 (Technical Reference Manual, IO_MUX) and ESP32-S3 (GPIO matrix) say."""

from model_bus import Misuse


class Esp32Memory:
    """`machine.mem32` of an ESP32, as far as its clock outputs go."""

    _PIN_CTRL, _GPIO0 = 0x3FF49000, 0x3FF49044

    def __init__(self):
        self._words = {self._PIN_CTRL: 0x7FF, self._GPIO0: 0x2800 | 2 << 12}

    def __getitem__(self, address):
        self._check(address)
        return self._words[address]

    def __setitem__(self, address, value):
        self._check(address)
        if (value ^ self._words[address]) & ~(0x7000 if address == self._GPIO0 else 0xFFF):
            raise Misuse(f"bits of {address:#x} that have nothing to do with clocks")
        self._words[address] = value

    def clock_on_gpio0(self):
        """ "i2s0", "i2s1" or None."""
        if self._words[self._GPIO0] >> 12 & 7 != 1:
            return None
        return {0: "i2s0", 15: "i2s1"}.get(self._words[self._PIN_CTRL] & 15)

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
        return {23: "i2s0", 21: "i2s1"}.get(self._words[self._FIRST + 4 * pin])
