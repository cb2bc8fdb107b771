"""Registers of one chip on I2C, and the one error by which a driver says that a chip does not answer or is another.

Tries nothing twice: whoever starts a chip may start it again.
"""

import errno


class Fault(OSError):
    """A chip cannot be used. `code`: "<chip>-absent", "<chip>-wrong" or "<chip>-bus"; `reason`: an English sentence part for a technician."""

    def __init__(self, code, reason):
        super().__init__(reason)
        self.code = code
        self.reason = reason

    def __str__(self):
        return self.reason


class Registers:
    """The chip called `chip` at the 7-bit `address`. Registers are numbered by one byte and `width` bytes wide, the most significant first.

    `i2c`: a `machine.I2C`, of which `readfrom_mem_into` and `writeto_mem` are used.
    """

    def __init__(self, i2c, address, chip, width=1):
        self._i2c = i2c
        self._address = address
        self._chip = chip
        self._value = bytearray(width)

    def read(self, register):
        """The value of a register, unsigned."""
        self.read_into(register, self._value)
        value = 0
        for byte in self._value:
            value = value << 8 | byte
        return value

    def read_into(self, register, buffer):
        """Fill `buffer` from that register on."""
        try:
            self._i2c.readfrom_mem_into(self._address, register, buffer)
        except OSError as error:
            raise self._fault(error)

    def write(self, register, value):
        """Set a register."""
        for place in range(len(self._value) - 1, -1, -1):
            self._value[place] = value & 0xFF
            value >>= 8
        self.write_from(register, self._value)

    def write_from(self, register, buffer):
        """Set that register and those behind it from `buffer`."""
        try:
            self._i2c.writeto_mem(self._address, register, buffer)
        except OSError as error:
            raise self._fault(error)

    def write_all(self, table):
        """Set registers in order; `table`: bytes, each register followed by its value."""
        step = 1 + len(self._value)
        for place in range(0, len(table), step):
            self.write_from(table[place], table[place + 1 : place + step])

    def expect(self, register, value):
        """Raise a Fault unless the register has that value."""
        found = self.read(register)
        if found != value:
            raise Fault(
                self._chip + "-wrong",
                f"what answers on I2C at {self._address:#04x} is no {self._chip}: register {register:#04x} is {found:#x}, not {value:#x}",
            )

    def _fault(self, error):
        number = error.args[0]
        if number == errno.ENODEV:
            return Fault(self._chip + "-absent", f"no {self._chip} answers on I2C at {self._address:#04x}")
        return Fault(self._chip + "-bus", f"I2C fails at {self._chip}, {self._address:#04x}: error {number}")
