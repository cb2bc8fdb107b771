"""ES8388 stereo codec as a DAC (Everest ES8388 data sheet; register values as Espressif's ESP-ADF and ESPHome use them on the same boards).

Needs a master clock of 256 times the sample rate. Its references stay charged between programmes, so that its outputs do not jump.
"""

import asyncio

from micropython import const

from node.drivers.registers import Registers

_CONTROL1 = const(0x00)
_CHIP_POWER = const(0x02)
_DAC_POWER = const(0x04)
_DAC_CONTROL1 = const(0x17)
_DAC_CONTROL3 = const(0x19)
_LEFT_VOLUME = const(0x1A)  # half decibels below 0 dB, 0 to 192
_RIGHT_VOLUME = const(0x1B)

_MUTED = const(0x24)  # soft ramp of half a decibel in four frames
_SOUNDING = const(0x20)
_REFERENCE_FAST = const(0x17)  # SameFs, EnRef, VMID over 5 kOhm: charges the capacitors
_REFERENCE = const(0x16)  # VMID over 500 kOhm
_CHARGE_MS = const(100)  # as Linux' es8328 waits
_STATE_MACHINE_HALTED = const(0xF0)
_RUNNING = const(0x00)
_DACS_OFF = const(0xC0)
_OUTPUTS = {"out1": 0x30, "out2": 0x0C}

# fmt: off
_SET_UP = bytes((
    0x01, 0x50,  # references and bias on
    0x08, 0x00,  # clocks come from outside
    0x03, 0xFF,  # no input
    0x18, 0x02,  # single speed, master clock 256 times the frames
    0x26, 0x00,  # no input in the mixers
    0x27, 0x90,  # left DAC to left mixer, 0 dB
    0x2A, 0x90,  # right DAC to right mixer, 0 dB
    0x2B, 0x80,  # one word clock
    0x2D, 0x00,  # 1.5 kOhm to the outputs
    0x2E, 0x1E, 0x2F, 0x1E, 0x30, 0x1E, 0x31, 0x1E,  # every output at 0 dB
))
# fmt: on
_WORDS = {16: 0x18, 24: 0x00, 32: 0x20}  # I2S


class Driver:
    """`settings`: `address`, and `outputs`, which of "out1" and "out2" are wired."""

    def __init__(self, i2c, settings):
        self._registers = Registers(i2c, settings["address"], "es8388")
        self._outputs = 0
        for name in settings["outputs"]:
            self._outputs |= _OUTPUTS[name]

    async def start(self, rate, bits, level):
        """Ready to sound, muted. `level`: half decibels, -192 to 0."""
        registers = self._registers
        registers.write(_DAC_CONTROL3, _MUTED)
        registers.expect(_DAC_CONTROL3, _MUTED)  # it has no identification: what keeps a value there passes
        charged = registers.read(_DAC_POWER) & ~_DACS_OFF == self._outputs and registers.read(_CONTROL1) == _REFERENCE
        registers.write(_CHIP_POWER, _STATE_MACHINE_HALTED)
        registers.write_all(_SET_UP)
        registers.write(_DAC_CONTROL1, _WORDS[bits])
        registers.write(_LEFT_VOLUME, -level)
        registers.write(_RIGHT_VOLUME, -level)
        if not charged:
            registers.write(_DAC_POWER, _DACS_OFF)
            registers.write(_CONTROL1, _REFERENCE_FAST)
            await asyncio.sleep_ms(_CHARGE_MS)
            registers.write(_CONTROL1, _REFERENCE)
        registers.write(_CHIP_POWER, _RUNNING)
        registers.write(_DAC_POWER, self._outputs)

    def unmute(self):
        self._registers.write(_DAC_CONTROL3, _SOUNDING)

    def mute(self):
        self._registers.write(_DAC_CONTROL3, _MUTED)

    def stop(self):
        """The digital part halts; references and outputs stay where they are."""
        self.mute()
        self._registers.write(_CHIP_POWER, _STATE_MACHINE_HALTED)
