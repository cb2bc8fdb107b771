"""ES8311 mono codec as a DAC, its master clock made from the bit clock (Everest ES8311 user guide; register values as Espressif's ESP-ADF uses them).

Of registers whose bits the user guide does not explain, the value is Espressif's. No source gives the time that its reference takes to charge:
`_CHARGE_MS` is this driver's choice.
"""

import asyncio

from micropython import const

from node.drivers.registers import Fault, Registers

_CLOCKS_ON = const(0x01)
_MULTIPLIER = const(0x02)
_DAC_OVERSAMPLING = const(0x04)
_SERIAL_IN = const(0x09)
_DAC_MUTE = const(0x31)
_VOLUME = const(0x32)  # half decibels, 0xBF is 0 dB
_NOISE_IMMUNITY = const(0x44)
_ID1 = const(0xFD)
_ID2 = const(0xFE)

_FROM_BIT_CLOCK = const(0xBF)  # all clocks on, the master clock is the bit clock
_TIMES_8 = const(0x18)  # 32 bits a frame: 256 times the frames
_MUTED = const(0x60)
_SOUNDING = const(0x00)
_ZERO_DB = const(0xBF)
_FINE_OVERSAMPLING = const(0x20)  # up to 16 kHz
_OVERSAMPLING = const(0x10)
_FINE_RATE_MAX = const(16_000)
_RATE_MIN = const(16_000)  # below, 32 bits a frame are too slow a clock (ESP-ADF: at least 512 kHz)
_CHARGE_MS = const(100)

# fmt: off
_SET_UP = bytes((
    0x01, 0x30, 0x03, 0x10, 0x05, 0x00, 0x0B, 0x00, 0x0C, 0x00, 0x10, 0x1F, 0x11, 0x7F,
    0x00, 0x80,  # running, clocks come from outside
    0x06, 0x03, 0x07, 0x00, 0x08, 0xFF,
    0x0A, 0x4C,  # no recording
    0x13, 0x10,  # drives a load
    0x1B, 0x0A, 0x1C, 0x6A,
))
_POWER_UP = bytes((
    0x0E, 0x02, 0x12, 0x00,  # DAC on
    0x14, 0x10,
    0x0D, 0x01,  # analogue part on, its reference charges at normal speed
    0x15, 0x40,
    0x37, 0x08,  # no equaliser
    0x45, 0x00,
))
_POWER_DOWN = bytes((0x0E, 0xFF, 0x12, 0x02, 0x14, 0x00, 0x0D, 0xFA, 0x15, 0x00, 0x45, 0x01))
# fmt: on
_WORDS = {16: 0x0C}  # I2S; wider words make another frame than `_TIMES_8` reckons with


class Driver:
    """`settings`: `address`."""

    def __init__(self, i2c, settings):
        self._registers = Registers(i2c, settings["address"], "es8311")

    async def start(self, rate, bits, level):
        """Ready to sound, muted. `level`: half decibels, -191 to 0."""
        if rate < _RATE_MIN:
            raise Fault("es8311-rate", f"es8311 cannot run from the bit clock of {rate} frames a second")
        registers = self._registers
        self._wake()
        registers.expect(_ID1, 0x83)
        registers.expect(_ID2, 0x11)
        registers.write(_DAC_MUTE, _MUTED)
        registers.write_all(_SET_UP)
        registers.write(_CLOCKS_ON, _FROM_BIT_CLOCK)
        registers.write(_MULTIPLIER, _TIMES_8)
        registers.write(_DAC_OVERSAMPLING, _FINE_OVERSAMPLING if rate <= _FINE_RATE_MAX else _OVERSAMPLING)
        registers.write(_SERIAL_IN, _WORDS[bits])
        registers.write(_VOLUME, _ZERO_DB + level)
        registers.write_all(_POWER_UP)
        await asyncio.sleep_ms(_CHARGE_MS)

    def unmute(self):
        self._registers.write(_DAC_MUTE, _SOUNDING)

    def mute(self):
        self._registers.write(_DAC_MUTE, _MUTED)

    def stop(self):
        """All off: it starts from the beginning next time."""
        self.mute()
        self._registers.write_all(_POWER_DOWN)

    def _wake(self):
        """The first write after power-on may fail (ESP-ADF), so it is made twice, and only the second counts."""
        try:
            self._registers.write(_NOISE_IMMUNITY, 0x08)
        except Fault:
            pass
        self._registers.write(_NOISE_IMMUNITY, 0x08)
