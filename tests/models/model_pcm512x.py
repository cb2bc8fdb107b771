"""PCM5121 and PCM5122, from TI's data sheet SLAS763 (page 0 registers) and the PLL's table of bit clocks in SLAS764; no master clock is wired."""

from model_bus import Misuse, RegisterFile
from model_sound import heard

_KNOWN = (
    0,
    1,
    2,
    3,
    4,
    6,
    7,
    8,
    9,
    10,
    12,
    13,
    14,
    20,
    21,
    22,
    23,
    24,
    27,
    28,
    29,
    30,
    32,
    33,
    34,
    35,
    36,
    37,
    40,
    41,
    42,
    43,
    44,
    59,
    60,
    61,
    62,
    63,
    64,
    65,
)
_AT_RESET = dict.fromkeys(_KNOWN, 0)
_AT_RESET.update({4: 1, 12: 0x7C, 35: 1, 40: 2, 42: 0x11, 43: 1, 61: 0x30, 62: 0x30, 63: 0x22, 65: 0x07})
_BIT_CLOCKS = {32: (32000, 44100, 48000, 96000, 192000, 384000), 64: (16000, 32000, 44100, 48000, 96000, 192000, 384000)}
_BITS = (16, 20, 24, 32)


class Pcm512x(RegisterFile):
    def __init__(self, clocks, address=0x4C):
        super().__init__(address, _AT_RESET)
        self._clocks = clocks
        self.watchers = []

    def write_one(self, register, value):
        if register == 1 and not self.field(2, 4, 4):
            raise Misuse("a reset outside standby")
        if register == 0 and value:
            raise Misuse("a page that this model does not have")
        super().write_one(register, value)
        for watcher in self.watchers:
            watcher()

    def rest(self):
        """Its outputs rest at ground, whatever it does."""
        return 0.0

    def settled(self):
        return True

    def open(self):
        return not self.values[3] & 0x11 and not self.values[2] & 0x11

    def hears(self):
        clocks = self._clocks
        ratio = clocks.bit_clock // clocks.rate
        locked = clocks.running and self.field(13, 6, 4) == 1 and clocks.rate in _BIT_CLOCKS.get(ratio, ())
        forgiven = clocks.master or self.values[37] & 0x18 == 0x18
        bits = _BITS[self.field(40, 1, 0)]
        if not (locked and forgiven and self.open()) or bits != clocks.bits or self.field(40, 5, 4) or self.values[61] != self.values[62]:
            return None
        if self.values[61] == 0xFF:
            return None
        return heard(clocks.rate, bits, {"out": 24 - 0.5 * self.values[61]})
