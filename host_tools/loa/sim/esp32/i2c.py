"""`machine.I2C` with whatever chips `loa.sim.esp32.fitting` put on it; without any nobody answers.

A chip is a model: `address`, `answers()`, `read(register, buffer)` which fills, `write(register, octets)`, and if it has one `advance(us)`, called with the
time that has passed before it is spoken to.
"""

import errno

from chip import CHIP

from loa.sim.esp32 import fitting


class I2C:
    """One bus. OSError(ENODEV) where no chip acknowledges, as the ESP32 port raises."""

    def __init__(self, id, *, scl=None, sda=None, freq=400_000, timeout=50_000):
        if id not in (0, 1):
            raise ValueError("I2C({}) doesn't exist".format(id))
        self._chips = fitting.chips(id)
        self._pointers = {}
        self._spoken_us = CHIP.host.now_us()

    def scan(self):
        """Addresses of the chips that answer."""
        return sorted([chip.address for chip in self._chips if chip.answers()])

    def readfrom_mem_into(self, address, register, buffer, *, addrsize=8):
        self._chip(address).read(register, buffer)

    def readfrom_mem(self, address, register, count, *, addrsize=8):
        buffer = bytearray(count)
        self.readfrom_mem_into(address, register, buffer)
        return bytes(buffer)

    def writeto_mem(self, address, register, buffer, *, addrsize=8):
        self._chip(address).write(register, bytes(buffer))

    def writeto(self, address, buffer, stop=True):
        """The first byte is the register, which later reads begin at."""
        chip = self._chip(address)
        octets = bytes(buffer)
        if octets:
            self._pointers[address] = octets[0]
        if len(octets) > 1:
            chip.write(octets[0], octets[1:])
        return len(octets)

    def readfrom_into(self, address, buffer, stop=True):
        self._chip(address).read(self._pointers.get(address, 0), buffer)

    def readfrom(self, address, count, stop=True):
        buffer = bytearray(count)
        self.readfrom_into(address, buffer)
        return bytes(buffer)

    def _chip(self, address):
        now = CHIP.host.now_us()
        for chip in self._chips:
            if hasattr(chip, "advance"):
                chip.advance(now - self._spoken_us)
        self._spoken_us = now
        for chip in self._chips:
            if chip.address == address and chip.answers():
                return chip
        raise OSError(errno.ENODEV)
