"""Battery clocks and supply sensors: DS3231 (Maxim 19-5170), PCF8563 (NXP rev. 11), INA219 (TI SBOS448), INA226 (TI SBOS547).

Their time is kept as a date, by counting days one by one: slow, and with nothing in common with a driver's arithmetic.
"""

from model_bus import Misuse, RegisterFile


def _digits(number):
    return int(str(number), 16)


def _length(year, month):
    if month == 2:
        return 29 if year % 4 == 0 else 28
    return 30 if month in (4, 6, 9, 11) else 31


class _Date:
    """A date and time of 2000 to 2099 that seconds can be added to."""

    def __init__(self, year=0, month=1, day=1, hour=0, minute=0, second=0, weekday=0):
        self.year, self.month, self.day = year, month, day
        self.hour, self.minute, self.second = hour, minute, second
        self.weekday = weekday

    def add(self, seconds):
        total = self.hour * 3600 + self.minute * 60 + self.second + seconds
        for _ in range(total // 86400):
            self.weekday = (self.weekday + 1) % 7
            self.day += 1
            if self.day > _length(self.year, self.month):
                self.day = 1
                self.month += 1
            if self.month > 12:
                self.month = 1
                self.year += 1
        total %= 86400
        self.hour, self.minute, self.second = total // 3600, total // 60 % 60, total % 60


class _ClockChip(RegisterFile):
    """`order`: names of the date's parts by register, from `first` on."""

    def __init__(self, address, at_reset, first, order):
        super().__init__(address, at_reset)
        self._first = first
        self._order = order
        self.date = _Date()
        self._rest_us = 0
        self.runs = True

    def advance(self, us):
        if self.runs:
            self._rest_us += us
            self.date.add(self._rest_us // 1_000_000)
            self._rest_us %= 1_000_000

    def part(self, register):
        return self._order[register - self._first] if 0 <= register - self._first < len(self._order) else None

    def read_one(self, register):
        name = self.part(register)
        return _digits(getattr(self.date, name)) if name else super().read_one(register)

    def write_one(self, register, value):
        name = self.part(register)
        if not name:
            super().write_one(register, value)
            return
        if (value & 15) > 9 or value >> 4 > 9:
            raise Misuse(f"{name} is {value:#04x}, which are no decimal digits")
        setattr(self.date, name, int(f"{value:x}"))


class Ds3231(_ClockChip):
    """With a battery that keeps it running. After `die` its oscillator had stopped."""

    def __init__(self, address=0x68):
        at_reset = dict.fromkeys(range(0x13), 0)
        at_reset.update({0x0E: 0x1C, 0x0F: 0x88})
        super().__init__(address, at_reset, 0, ("second", "minute", "hour", "weekday", "day", "month", "year"))

    def write_one(self, register, value):
        if register == 3 and not 1 <= value <= 7:
            raise Misuse("weekdays are 1 to 7")
        super().write_one(register, value)
        if register == 0x0E and value & 0x80:
            raise Misuse("its oscillator would stop on battery")

    def die(self):
        self.values[0x0F] |= 0x80
        self.date = _Date()


_PCF8563_UNUSED = {3: 0x80, 4: 0xC0, 5: 0xC0, 6: 0xF8, 7: 0x60}


class Pcf8563(_ClockChip):
    """Its unused bits read as ones, since the data sheet promises nothing for them."""

    def __init__(self, address=0x51):
        super().__init__(address, dict.fromkeys(range(16), 0), 2, ("second", "minute", "hour", "day", "weekday", "month", "year"))
        self._low = True

    def read_one(self, register):
        value = super().read_one(register) | _PCF8563_UNUSED.get(register, 0)
        return value | 0x80 if register == 2 and self._low else value

    def write_one(self, register, value):
        if register == 6 and value > 6:
            raise Misuse("weekdays are 0 to 6")
        if self.part(register) and self.runs:
            raise Misuse("set while it runs")
        super().write_one(register, value)
        if register == 0:
            if value & ~0x20:
                raise Misuse("a test mode")
            self.runs = not value & 0x20
        if register == 2:
            self._low = False

    def die(self):
        self._low = True
        self.date = _Date()


class Ina219(RegisterFile):
    """`volts` of the supply, `amperes` through a shunt of `ohms`."""

    def __init__(self, address=0x40, ohms=0.1):
        super().__init__(address, dict.fromkeys(range(6), 0), width=2)
        self.values[0] = 0x399F
        self.volts, self.amperes, self._ohms = 0.0, 0.0, ohms

    def write_one(self, register, value):
        if register not in (0, 5):
            raise Misuse("a measurement is written")
        super().write_one(register, 0x399F if register == 0 and value & 0x8000 else value)

    def read_one(self, register):
        if register == 1:
            return round(max(-0.32, min(0.32, self.amperes * self._ohms)) / 10e-6) & 0xFFFF
        if register == 2:
            return int(self.volts / 4e-3) << 3 | 2
        return super().read_one(register)


class Ina226(RegisterFile):
    """As `Ina219`."""

    def __init__(self, address=0x40, ohms=0.01):
        known = dict.fromkeys(range(8), 0)
        known.update({0: 0x4127, 0xFE: 0x5449, 0xFF: 0x2260})
        super().__init__(address, known, width=2)
        self.volts, self.amperes, self._ohms = 0.0, 0.0, ohms

    def write_one(self, register, value):
        if register not in (0, 5, 6, 7):
            raise Misuse("a measurement is written")
        super().write_one(register, value)

    def read_one(self, register):
        if register == 1:
            return round(max(-0.08192, min(0.0819175, self.amperes * self._ohms)) / 2.5e-6) & 0xFFFF
        if register == 2:
            return int(self.volts / 1.25e-3)
        return super().read_one(register)
