"""TAS5805M, from TI's data sheet SLASEH5 (register list, clock rates, device states) and what Linux' `tas5805m.c` notes on its start."""

from model_bus import Misuse, RegisterFile
from model_sound import heard

# fmt: off
_CONTROL_PORT = (
    0x00, 0x01, 0x02, 0x03, 0x0F, 0x28, 0x29, 0x30, 0x31, 0x33, 0x34, 0x35, 0x37, 0x38, 0x39, 0x4C, 0x4E, 0x4F, 0x50, 0x51, 0x53, 0x54, 0x5C, 0x5D, 0x60,
    0x61, 0x66, 0x67, 0x68, 0x69, 0x6A, 0x6B, 0x6C, 0x6D, 0x6E, 0x6F, 0x70, 0x71, 0x72, 0x73, 0x74, 0x75, 0x76, 0x78, 0x7F,
)
# fmt: on
_READ_ONLY = (0x37, 0x38, 0x39, 0x67, 0x68, 0x69, 0x70, 0x71, 0x72, 0x73)
_AT_RESET = dict.fromkeys(_CONTROL_PORT, 0)
_AT_RESET.update({0x03: 0x10, 0x33: 0x02, 0x4C: 0x30})
_RATES = (32000, 44100, 48000, 88200, 96000)
_BITS = (16, 20, 24, 32)
_DEEP_SLEEP, _SLEEP, _HI_Z, _PLAY = range(4)
_STABLE_US = 5_000
_CLOCK_FAULT = 0x04


class Pin:
    """PDN, driven by the processor."""

    def __init__(self, chip):
        self._chip = chip

    def value(self, level):
        self._chip.power(level)


class Tas5805m(RegisterFile):
    def __init__(self, clocks, address=0x2D):
        super().__init__(address, _AT_RESET)
        self._clocks = clocks
        self._powered = False
        self._since_hi_z = 0
        self.pdn = Pin(self)
        self.pops = []  # its own: no pin switches its amplifier
        self._tripped = {0x70: 0, 0x71: 0, 0x72: 0}
        self._stays = False
        self.watchers = []
        clocks.listeners.append(self._clocks_changed)

    def power(self, level):
        if not level and self._state() == _PLAY:
            self.pops.append("power down while it plays")
        if bool(level) != self._powered:
            self._powered = bool(level)
            self.values = dict(_AT_RESET)

    def answers(self):
        return self._powered

    def write_one(self, register, value):
        if not self._clocks.running or self._clocks.run_us < _STABLE_US:
            raise Misuse("told something before the clocks were stable")
        if register in _READ_ONLY:
            raise Misuse(f"register {register:#04x} is read-only")
        if register not in (0x00, 0x7F) and (self.values[0x00] or self.values[0x7F]):
            raise Misuse("a page of the DSP, which this model does not have")
        if register == 0x03:
            self._change_state(value & 3)
        if register == 0x78 and value & 0x80 and not self._stays:
            self._tripped = dict.fromkeys(self._tripped, 0)
        if register == 0x01 and value:
            return  # resets the DSP and clears itself
        super().write_one(register, value)

    def read_one(self, register):
        if register == 0x68:
            return self._state()
        if register == 0x71 and not self._clocked():
            return self._tripped[register] | _CLOCK_FAULT
        if register in self._tripped:
            return self._tripped[register]
        return super().read_one(register)

    def _change_state(self, state):
        before = self.field(0x03, 1, 0)
        if state == _PLAY and before != _PLAY and (before != _HI_Z or self._since_hi_z < _STABLE_US):
            raise Misuse("play before it was in high impedance for 5 ms")
        if state == _DEEP_SLEEP and before == _PLAY:
            self.pops.append("asleep in the middle of playing")
        if state == _HI_Z and before != _HI_Z:
            self._since_hi_z = 0

    def advance(self, us):
        self._since_hi_z += us

    def _clocked(self):
        clocks = self._clocks
        return clocks.running and clocks.rate in _RATES and clocks.bit_clock in (32 * clocks.rate, 64 * clocks.rate)

    def _state(self):
        if not self._powered:
            return _DEEP_SLEEP
        state = self.field(0x03, 1, 0)
        return state if state != _PLAY or self._clocked() else _HI_Z

    def _clocks_changed(self):
        if not self._clocks.running and self._powered and self.field(0x03, 1, 0) == _PLAY:
            self.pops.append("clocks stop while it plays")

    def trip(self, register, bit, stays=False):
        """A protection opens the outputs. It is latched until it is cleared, and comes again at once where the cause `stays`."""
        self._tripped[register] |= 1 << bit
        self._stays = stays

    def hears(self):
        if any(self._tripped.values()):
            return None
        if self._state() != _PLAY or self.field(0x03, 3, 3) or self.values[0x4C] == 0xFF:
            return None
        if _BITS[self.field(0x33, 1, 0)] != self._clocks.bits or self.field(0x33, 5, 4):
            return None
        gain = 24 - 0.5 * self.values[0x4C] - 0.5 * self.field(0x54, 4, 0)
        names = ("bridged",) if self.field(0x02, 2, 2) else ("left", "right")
        return heard(self._clocks.rate, self._clocks.bits, dict.fromkeys(names, gain))
