"""X-Powers AC101 codec as a DAC, its PLL fed from the bit clock (registers as in Ai-Thinker's driver of the ESP32-A1S and Seeed's `ac101_regs.h`).

The PLL makes 22.5792 or 24.576 MHz: input x N / (M x 3), as Seeed's driver reckons. Other drivers of this board write twice this N; which is
right has not been heard on hardware.
"""

import asyncio

from micropython import const

from node.drivers.registers import Fault, Registers

_CHIP = const(0x00)
_RESET = const(0x0123)
_ID = const(0x0101)
_PLL_N = const(0x02)
_RATE = const(0x06)
_INTERFACE = const(0x10)
_DAC_VOLUME = const(0x49)  # left and right, 0.75 dB a step, 0xA0 is 0 dB, 0 mute
_MIXERS = const(0x53)
_HEADPHONE = const(0x56)
_SPEAKER = const(0x58)

_ZERO_DB = const(0xA0)
_PLL_ON = const(0x8000)
_BITS_A_FRAME = const(32)
_PLL_48K = const(24_576_000)
_PLL_44K = const(22_579_200)
_RESET_MS = const(100)
_HEADPHONE_MS = const(10)
_RATES = {8000: 0, 11025: 1, 12000: 2, 16000: 3, 22050: 4, 24000: 5, 32000: 6, 44100: 7, 48000: 8}
_WORDS = {16: 0x8050}  # clocks from outside, 32 bits a frame, I2S

_MIXERS_ON = const(0xF080)
_HEADPHONE_READY = const(0xFF80)
_HEADPHONE_OFF = const(0x03C1)  # value at reset of what is not named here, volume low
_HEADPHONE_MUTED = const(0x0BF0)  # amplifier on, 0 dB
_HEADPHONE_ON = const(0x3BF0)
_SPEAKER_OFF = const(0xE880)
_SPEAKER_ON = const(0xEABF)  # both sides, differential, the most that it has

# fmt: off
_CLOCKS = bytes((
    0x01, 0x01, 0x4F,  # M = 1
    0x03, 0xAB, 0x08,  # PLL from the bit clock, everything from the PLL
    0x04, 0x80, 0x04,  # clocks of interface and DAC
    0x05, 0x80, 0x04,
))
_PATH = bytes((
    0x12, 0xC0, 0x00,  # both channels come in
    0x4C, 0x88, 0x00,  # and go to the DACs
    0x48, 0x80, 0x00,  # DAC on
    0x54, 0x01, 0x02,  # DACs to the mixers
))
# fmt: on


class Driver:
    """`settings`: `address`, and `outputs`, which of "headphone" and "speaker" are wired."""

    def __init__(self, i2c, settings):
        self._registers = Registers(i2c, settings["address"], "ac101", width=2)
        self._outputs = settings["outputs"]
        self._gain = 0

    async def start(self, rate, bits, level):
        """Ready to sound, muted. `level`: half decibels, -238 to 0, rounded down to three quarters of a decibel."""
        if rate not in _RATES:
            raise Fault("ac101-rate", f"ac101 cannot play {rate} frames a second")
        registers = self._registers
        registers.write(_CHIP, _RESET)
        await asyncio.sleep_ms(_RESET_MS)
        registers.expect(_CHIP, _ID)
        registers.write(_SPEAKER, _SPEAKER_OFF)
        registers.write(_DAC_VOLUME, 0)
        pll = _PLL_48K if rate % 8000 == 0 or rate == 12000 else _PLL_44K
        registers.write_all(_CLOCKS)
        registers.write(_PLL_N, _PLL_ON | pll * 3 // (rate * _BITS_A_FRAME) << 4)
        registers.write(_RATE, _RATES[rate] << 12)
        registers.write(_INTERFACE, _WORDS[bits])
        registers.write_all(_PATH)
        self._gain = _ZERO_DB + level * 2 // 3
        registers.write(_MIXERS, _MIXERS_ON)
        if "headphone" in self._outputs:
            registers.write(_MIXERS, _HEADPHONE_READY)
            await asyncio.sleep_ms(_HEADPHONE_MS)
            registers.write(_HEADPHONE, _HEADPHONE_MUTED)
            registers.write(_HEADPHONE, _HEADPHONE_ON)
        if "speaker" in self._outputs:
            registers.write(_SPEAKER, _SPEAKER_ON)

    def unmute(self):
        self._registers.write(_DAC_VOLUME, self._gain << 8 | self._gain)

    def mute(self):
        self._registers.write(_DAC_VOLUME, 0)

    def stop(self):
        """Outputs off; it starts from a reset next time."""
        self.mute()
        self._registers.write(_HEADPHONE, _HEADPHONE_OFF)
        self._registers.write(_SPEAKER, _SPEAKER_OFF)
