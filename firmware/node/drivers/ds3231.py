"""DS3231 battery clock (Maxim data sheet 19-5170): the time of day over a power cut, in UTC."""

from micropython import const

from node.drivers import calendar_bytes
from node.drivers.registers import Registers

_TIME = const(0x00)
_CONTROL = const(0x0E)
_STATUS = const(0x0F)
_STOPPED = const(0x80)  # OSF: the oscillator stood still since this was cleared
_RUNNING_ON_BATTERY = const(0x04)  # EOSC clear, INTCN set, no square wave


class Driver:
    """`settings`: `address`."""

    def __init__(self, i2c, settings):
        self._registers = Registers(i2c, settings["address"], "ds3231")

    def read(self):
        """Unix seconds; None where it was never set or its battery was empty."""
        if self._registers.read(_STATUS) & _STOPPED:
            return None
        time = bytearray(7)
        self._registers.read_into(_TIME, time)
        second, minute, hour, _, day, month, year = time
        return calendar_bytes.to_unix(year, month & 0x1F, day, hour, minute, second)

    def write(self, unix):
        """Set it to Unix seconds."""
        (year, month, day, hour, minute, second), weekday = calendar_bytes.from_unix(unix)
        self._registers.write_from(_TIME, bytes((second, minute, hour, weekday + 1, day, month, year)))
        self._registers.write(_CONTROL, _RUNNING_ON_BATTERY)
        self._registers.write(_STATUS, self._registers.read(_STATUS) & ~_STOPPED)
