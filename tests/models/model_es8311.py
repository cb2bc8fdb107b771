"""ES8311, from Everest's user guide as mainline Linux' `es8311.h` writes its fields out, and Espressif's note on its clocks; playback only.

Meaning unknown to these sources, and so to the model: 0x0B, 0x0C, 0x0F to 0x11, 0x14 to 0x1C, 0x44, 0x45, which may be written and do nothing.
No source says how long the reference charges: the model wants 50 ms.
"""

import errno

from model_bus import Misuse, RegisterFile
from model_sound import heard

_AT_RESET = dict.fromkeys(range(0x46), 0)
_AT_RESET.update(
    {0x00: 0x1F, 0x03: 0x10, 0x04: 0x10, 0x06: 0x03, 0x08: 0xFF, 0x0D: 0xFC, 0x12: 0x02, 0x13: 0x40, 0xFD: 0x83, 0xFE: 0x11, 0xFF: 0}
)
for _gap in list(range(0x1D, 0x31)) + [0x36] + list(range(0x38, 0x44)):
    del _AT_RESET[_gap]
_BITS = {0: 24, 1: 20, 2: 18, 3: 16, 4: 32}
_CHARGE_US = 50_000


class Es8311(RegisterFile):
    """`shy`: the first transfer after power-on fails, as Espressif saw it happen."""

    def __init__(self, clocks, address=0x18, shy=False):
        super().__init__(address, _AT_RESET)
        self._clocks = clocks
        self._shy = shy
        self._charge = 0.0
        self.watchers = []

    def answers(self):
        if self._shy:
            self._shy = False
            raise OSError(errno.ENODEV)
        return True

    def write_one(self, register, value):
        if register >= 0xFD:
            raise Misuse("the identification is written")
        super().write_one(register, value)
        for watcher in self.watchers:
            watcher()

    def advance(self, us):
        self._charge = min(1.0, self._charge + us / _CHARGE_US) if self._analogue() else 0.0
        for watcher in self.watchers:
            watcher()

    def rest(self):
        return self._charge

    def settled(self):
        return self._charge == 1.0

    def open(self):
        return not self.field(0x31, 6, 5) and not self.field(0x09, 6, 6)

    def hears(self):
        clocks = self._clocks
        source = clocks.bit_clock if self.field(0x01, 7, 7) else clocks.master
        master = source * (1 << self.field(0x02, 4, 3)) // (self.field(0x02, 7, 5) + 1) // (self.field(0x05, 3, 0) + 1)
        wanted = (0x20 if self.field(0x01, 7, 7) == 0 else 0) | 0x10 | 0x04 | 0x01
        runs = clocks.running and master == 256 * clocks.rate and self.values[0x01] & wanted == wanted and self.field(0x00, 7, 6) == 2
        awake = not self.field(0x00, 4, 0) and self.settled() and not self.field(0x12, 1, 1) and self.field(0x13, 4, 4)
        bits = _BITS.get(self.field(0x09, 4, 2))
        if not (runs and awake and self.open()) or bits != clocks.bits or self.field(0x09, 1, 0):
            return None
        return heard(master // 256, bits, {"out": -95.5 + 0.5 * self.values[0x32]})

    def _analogue(self):
        return not self.values[0x0D] & 0xCC and self.field(0x0D, 1, 0) in (1, 2, 3)
