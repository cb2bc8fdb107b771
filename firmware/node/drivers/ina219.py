"""INA219, voltage and current of the supply (TI data sheet SBOS448). Uses what it measures at power-on: 32 V, 320 mV over the shunt, 12 bits."""

from micropython import const

from node.drivers.registers import Registers

_CONFIGURATION = const(0x00)
_SHUNT_VOLTAGE = const(0x01)  # signed, 10 uV
_BUS_VOLTAGE = const(0x02)  # bits 15:3, 4 mV
_RESET = const(0x8000)
_AT_RESET = const(0x399F)


class Driver:
    """`settings`: `address`; `shunt_milliohm`."""

    def __init__(self, i2c, settings):
        self._registers = Registers(i2c, settings["address"], "ina219", width=2)
        self._shunt = settings["shunt_milliohm"]
        self._known = False

    def read(self):
        """{"supply": mV, "current": mA}. The first time it is reset, and has to look like an INA219 behind that."""
        registers = self._registers
        if not self._known:
            registers.write(_CONFIGURATION, _RESET)
            registers.expect(_CONFIGURATION, _AT_RESET)
            self._known = True
        shunt = registers.read(_SHUNT_VOLTAGE)
        return {"supply": (registers.read(_BUS_VOLTAGE) >> 3) * 4, "current": (shunt - (shunt >> 15 << 16)) * 10 // self._shunt}
