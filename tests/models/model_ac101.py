"""AC101, from the fields in Seeed's `ac101_regs.h`, the clock table in its `ac101.c`, and Linux' `sun8i-codec.c` for the same DAC's volume; playback only.

Gains are those of the digital volume; what the analogue outputs add at their highest setting is said differently by the sources, and taken as 0 dB.
"""

from model_bus import Misuse, RegisterFile
from model_sound import heard

_KNOWN = (
    list(range(0x07))
    + list(range(0x10, 0x1A))
    + [0x40, 0x41, 0x42, 0x44, 0x45, 0x46, 0x48, 0x49, 0x4A, 0x4C, 0x4D]
    + list(range(0x50, 0x5E))
)
_AT_RESET = dict.fromkeys(_KNOWN, 0)
_AT_RESET.update({0x00: 0x0101, 0x49: 0xA0A0})
_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 96000, 192000)
_BITS = {0: 8, 1: 16, 2: 20, 3: 24}
_FRAMES = (16, 32, 64, 128, 256)  # bit clocks
_RESET_US = 50_000
_HEADPHONE_US = 10_000


class Ac101(RegisterFile):
    def __init__(self, clocks, address=0x1A):
        super().__init__(address, _AT_RESET, width=2)
        self._clocks = clocks
        self._since_reset = _RESET_US
        self._since_ready = 0  # that the headphone's stage was enabled
        self.watchers = []

    def write_one(self, register, value):
        if register == 0x00:
            if value != 0x0123:
                raise Misuse("a reset by another value than the driver of its maker")
            self.values = dict(self.at_reset)
            self._since_reset = 0
        elif self._since_reset < _RESET_US:
            raise Misuse("written while it resets")
        else:
            if register == 0x56 and value & 0x0800 and (self.field(0x53, 11, 8) != 15 or self._since_ready < _HEADPHONE_US):
                raise Misuse("headphone amplifier on before its stage was ready for 10 ms")
            super().write_one(register, value)
        for watcher in self.watchers:
            watcher()

    def advance(self, us):
        self._since_reset += us
        self._since_ready = self._since_ready + us if self.field(0x53, 11, 8) == 15 else 0

    def rest(self):
        """The output stages come up at once, from nothing to the middle of the supply."""
        return 1.0 if self._stages() else 0.0

    def settled(self):
        return bool(self._stages())

    def open(self):
        return self.values[0x49] != 0 and bool(self._stages())

    def hears(self):
        clocks = self._clocks
        bits = _BITS[self.field(0x10, 5, 4)]
        frame = _FRAMES[self.field(0x10, 8, 6)] if self.field(0x10, 8, 6) < 5 else 0
        outside = self.field(0x10, 15, 15) and not self.field(0x10, 3, 2) and frame * clocks.rate == clocks.bit_clock
        family = 22_579_200 if clocks.rate % 11025 == 0 else 24_576_000
        timed = clocks.running and self._system_clock() == family and self._sample_rate() == clocks.rate
        left, right = self.field(0x49, 15, 8), self.field(0x49, 7, 0)
        if not (outside and timed and self._path()) or bits != clocks.bits or left == 0 or left != right or not self._stages():
            return None
        return heard(clocks.rate, bits, dict.fromkeys(self._stages(), -120 + 0.75 * left))

    def _system_clock(self):
        """Hz, 0 if anything on the way is off."""
        source = {0: self._clocks.master, 2: self._clocks.bit_clock}.get(self.field(0x03, 13, 12), 0)
        divisor = (self.field(0x01, 13, 8) or 64) * 3
        pll = source * (5 * self.field(0x02, 13, 4) + self.field(0x02, 2, 0)) // (5 * divisor)
        on = self.field(0x02, 15, 15) and self.field(0x03, 15, 15) and self.field(0x03, 11, 11) and self.field(0x03, 9, 8) == 3
        return pll if on and self.field(0x03, 3, 3) and not self.field(0x03, 0, 0) else 0

    def _sample_rate(self):
        number = self.field(0x06, 15, 12)
        return _RATES[number] if number < len(_RATES) else 0

    def _path(self):
        modules = 0x8004
        clocked = self.values[0x04] & modules == modules and self.values[0x05] & modules == modules
        digital = self.field(0x12, 15, 14) == 3 and self.values[0x4C] & 0x8800 == 0x8800 and self.field(0x48, 15, 15)
        return clocked and digital and self.field(0x53, 15, 12) == 15 and self.field(0x54, 8, 8) and self.field(0x54, 1, 1)

    def _stages(self):
        found = []
        if self.field(0x56, 13, 11) == 7:
            found.append("headphone")
        if self.field(0x58, 9, 9) and self.field(0x58, 5, 5):
            found.append("speaker")
        return found
