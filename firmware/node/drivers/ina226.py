"""INA226, voltage and current of the supply (TI data sheet SBOS547). Uses what it measures at power-on."""

from micropython import const

from node.drivers.registers import Registers

_SHUNT_VOLTAGE = const(0x01)  # signed, 2.5 uV
_BUS_VOLTAGE = const(0x02)  # 1.25 mV
_MAKER = const(0xFE)
_TEXAS_INSTRUMENTS = const(0x5449)


class Driver:
    """`settings`: `address`; `shunt_milliohm`."""

    def __init__(self, i2c, settings):
        self._registers = Registers(i2c, settings["address"], "ina226", width=2)
        self._shunt = settings["shunt_milliohm"]
        self._known = False

    def read(self):
        """{"supply": mV, "current": mA}."""
        registers = self._registers
        if not self._known:
            registers.expect(_MAKER, _TEXAS_INSTRUMENTS)
            self._known = True
        shunt = registers.read(_SHUNT_VOLTAGE)
        return {"supply": registers.read(_BUS_VOLTAGE) * 5 // 4, "current": (shunt - (shunt >> 15 << 16)) * 5 // (2 * self._shunt)}
