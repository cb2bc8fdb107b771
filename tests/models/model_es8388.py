"""ES8388, from Everest's data sheet as NuttX' `es8388.h` and Linux' `es8328.h` write its fields out; playback only.

Where these sources differ the model knows nothing: the steps of the output volumes (1.5 dB or 1 dB), of which only 0x1E, 0 dB, is agreed. How long the
reference takes to charge is in neither; Linux waits 100 ms with 5 kOhm, and the model takes that as what is needed.
"""

from model_bus import Misuse, RegisterFile
from model_sound import heard

# fmt: off
_AT_RESET = (
    0x06, 0x5C, 0xC3, 0xFC, 0xC0, 0x00, 0x00, 0x7C, 0x80, 0x00, 0x00, 0x02, 0x00, 0x06, 0x30, 0x20,  # 0x00
    0xC0, 0xC0, 0x38, 0xB0, 0x32, 0x06, 0x00, 0x00, 0x06, 0x22, 0xC0, 0xC0, 0x08, 0x00, 0x1F, 0xF7,  # 0x10
    0xFD, 0xFF, 0x1F, 0xF7, 0xFD, 0xFF, 0x00, 0x38, 0x28, 0x28, 0x38, 0x00, 0x00, 0x00, 0x00, 0x00,  # 0x20
    0x00, 0x00, 0x00, 0xAA, 0xAA,                                                                    # 0x30
)
# fmt: on
_RATIOS = (128, 192, 256, 384, 512, 576, 768, 1024, 1152, 1408, 1536, 2112, 2304)
_BITS = {0: 24, 1: 20, 2: 18, 3: 16, 4: 32}
_CHARGE_US = {1: 1_000_000, 2: 10_000_000, 3: 100_000}  # by resistor: 50, 500, 5 kOhm


class Es8388(RegisterFile):
    def __init__(self, clocks, address=0x10):
        super().__init__(address, dict(enumerate(_AT_RESET)))
        self._clocks = clocks
        self._charge = 0.0
        self.watchers = []

    def write_one(self, register, value):
        if register == 0x02 and value & 0x10 == 0 and not self._clocks.running:
            raise Misuse("the DAC's state machine is started without clocks")
        super().write_one(register, value)
        if register == 0x00 and value & 0x80:
            self.values = dict(self.at_reset)
        if self.field(0x08, 7, 7) and self._clocks.running and register == 0x02 and value & 0x40 == 0:
            raise Misuse("codec and processor both make the clocks")
        self._tell()

    def advance(self, us):
        resistor = self.field(0x00, 1, 0)
        if resistor == 0:
            self._charge = 0.0
        else:
            self._charge = min(1.0, self._charge + us / _CHARGE_US[resistor])
        self._tell()

    def rest(self):
        """Outputs rest at the reference, on or off: a resistor ties them to it."""
        return self._charge

    def settled(self):
        return self._charge > 0.98

    def open(self):
        return bool(self._outputs()) and not self.field(0x19, 2, 2)

    def hears(self):
        clocks = self._clocks
        divided = clocks.master // (2 if self.field(0x08, 6, 6) else 1)
        ratio = self.field(0x18, 4, 0)
        runs = (
            clocks.running
            and clocks.master
            and ratio < len(_RATIOS)
            and divided == _RATIOS[ratio] * clocks.rate
            and not self.field(0x18, 5, 5)
        )
        powered = not self.values[0x02] & 0x55 and not self.values[0x01] & 0x0D and self.settled()
        bits = _BITS.get(self.field(0x17, 5, 3))
        if not (runs and powered and self.open()) or bits != clocks.bits or self.field(0x17, 2, 1):
            return None
        return heard(divided // _RATIOS[ratio], bits, self._outputs())

    def _outputs(self):
        """Gain by output, left and right being alike as they must for one loudspeaker."""
        left, right = self.values[0x1A], self.values[0x1B]
        if left > 0xC0 or right > 0xC0:
            raise Misuse("a volume below -96 dB")
        reaches = not self.field(0x04, 7, 6) and self.field(0x27, 7, 6) == 2 and self.field(0x2A, 7, 6) == 2
        if not reaches or left != right:
            return {}
        found = {}
        for name, enabled, volumes in (("out1", self.field(0x04, 5, 4), (0x2E, 0x2F)), ("out2", self.field(0x04, 3, 2), (0x30, 0x31))):
            if enabled == 3:
                if self.values[volumes[0]] != 0x1E or self.values[volumes[1]] != 0x1E:
                    raise Misuse("an output volume of which the sources say different things")
                found[name] = 0 - 0.5 * left
        return found

    def _tell(self):
        for watcher in self.watchers:
            watcher()
