"""PCF8563 battery clock (NXP data sheet, rev. 11): the time of day over a power cut, in UTC."""

from micropython import const

from node.drivers import calendar_bytes
from node.drivers.registers import Registers

_CONTROL1 = const(0x00)
_TIME = const(0x02)
_RUN = const(0x00)
_STOP = const(0x20)
_VOLTAGE_LOW = const(0x80)  # in the seconds: the time may be wrong


class Driver:
    """`settings`: `address`."""

    def __init__(self, i2c, settings):
        self._registers = Registers(i2c, settings["address"], "pcf8563")

    def read(self):
        """Unix seconds; None where it was never set or its battery was empty."""
        time = bytearray(7)
        self._registers.read_into(_TIME, time)
        second, minute, hour, day, _, month, year = time
        if second & _VOLTAGE_LOW:
            return None
        return calendar_bytes.to_unix(year, month & 0x1F, day & 0x3F, hour & 0x3F, minute & 0x7F, second)

    def write(self, unix):
        """Set it to Unix seconds; it stands still meanwhile, as its data sheet wants."""
        (year, month, day, hour, minute, second), weekday = calendar_bytes.from_unix(unix)
        self._registers.write(_CONTROL1, _STOP)
        self._registers.write_from(_TIME, bytes((second, minute, hour, day, (weekday + 1) % 7, month, year)))
        self._registers.write(_CONTROL1, _RUN)
