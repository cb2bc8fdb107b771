"""I2C as `machine.I2C` shows it, with models of chips on it, and what goes wrong on a wire.

A model is written from a chip's data sheet and knows nothing of the driver: it refuses what the data sheet does not allow.
"""

import errno


class Misuse(AssertionError):
    """Something was done to a chip that its data sheet does not allow."""


class Bus:
    """The wires. `fail_at`: number of the transfer, from 0, that fails with `error` instead of reaching a chip."""

    def __init__(self, *chips):
        self.chips = list(chips)
        self.transfers = 0
        self.fail_at = None
        self.error = errno.ETIMEDOUT

    def readfrom_mem_into(self, address, register, buffer):
        self._chip(address).read(register, buffer)

    def writeto_mem(self, address, register, buffer):
        self._chip(address).write(register, bytes(buffer))

    def _chip(self, address):
        number = self.transfers
        self.transfers += 1
        if number == self.fail_at:
            raise OSError(self.error)
        for chip in self.chips:
            if chip.address == address and chip.answers():
                return chip
        raise OSError(errno.ENODEV)


class RegisterFile:
    """A chip with registers of `width` bytes that count on by themselves. `at_reset`: the registers that it has, and their values then."""

    def __init__(self, address, at_reset, width=1):
        self.address = address
        self.at_reset = at_reset
        self.width = width
        self.values = dict(at_reset)

    def answers(self):
        """Does it acknowledge its address now?"""
        return True

    def advance(self, us):
        """So many microseconds pass."""

    def read(self, register, buffer):
        for place in range(0, len(buffer), self.width):
            value = self.read_one(register + place // self.width)
            for i in range(self.width):
                buffer[place + i] = value >> 8 * (self.width - 1 - i) & 0xFF

    def write(self, register, data):
        if len(data) % self.width:
            raise Misuse("half a register")
        for place in range(0, len(data), self.width):
            value = 0
            for byte in data[place : place + self.width]:
                value = value << 8 | byte
            self.write_one(register + place // self.width, value)

    def read_one(self, register):
        self._must_exist(register)
        return self.values[register]

    def write_one(self, register, value):
        self._must_exist(register)
        self.values[register] = value

    def field(self, register, high, low):
        """Bits `high` to `low` of a register."""
        return self.values[register] >> low & (1 << high - low + 1) - 1

    def _must_exist(self, register):
        if register not in self.values:
            raise Misuse(f"register {register:#04x} is not in the data sheet")
