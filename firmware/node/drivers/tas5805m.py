"""TAS5805M, DAC and class D amplifier in one (TI data sheet SLASEH5; start-up as in its section 9.5.3.1 and in Linux' `tas5805m.c`).

Knows 32, 44.1, 48, 88.2 and 96 kHz only, and is told nothing before the clocks have been stable for 5 ms. Its DSP keeps its default: stereo,
no equaliser.
"""

import asyncio

from micropython import const

from node.drivers.registers import Fault, Registers

_PAGE = const(0x00)
_RESET = const(0x01)
_DEVICE_CONTROL1 = const(0x02)
_DEVICE_CONTROL2 = const(0x03)
_SERIAL = const(0x33)
_VOLUME = const(0x4C)  # half decibels down from +24 dB: 0x30 is 0 dB
_ANALOGUE_GAIN = const(0x54)
_POWER_STATE = const(0x68)
_BOOK = const(0x7F)

_HI_Z = const(0x02)
_PLAY = const(0x03)
_DEEP_SLEEP = const(0x00)
_MUTED = const(0x08)
_ZERO_DB = const(0x30)
_RATES = (32000, 44100, 48000, 88200, 96000)
_WORDS = {16: 0x00, 24: 0x02, 32: 0x03}  # I2S
_WAKE_MS = const(100)  # as sonocotta's driver of this board waits behind PDN
_STABLE_MS = const(10)
_STATE_TRIES = const(10)
_STATE_MS = const(5)

# fmt: off
_BOOT = bytes((_PAGE, 0, _BOOK, 0, _DEVICE_CONTROL2, _HI_Z, _RESET, 0x11, _PAGE, 0, _BOOK, 0, _DEVICE_CONTROL2, _HI_Z))
# fmt: on
_CLEAR_FAULTS = bytes((0x78, 0x80))
# Register, bits, and what they mean, the likeliest cause first.
_SHUT_DOWN = (
    (0x70, 0x03, "overcurrent"),
    (0x70, 0x0C, "direct-current"),
    (0x72, 0x01, "overheated"),
    (0x71, 0x01, "undervoltage"),
    (0x71, 0x02, "overvoltage"),
    (0x71, 0x04, "clock"),
)


class Driver:
    """`settings`: `address`; `enable`, a `machine.Pin` on PDN, low while the chip is off; `analogue_gain`: half decibels, -31 to 0; `bridged`: one output."""

    def __init__(self, i2c, settings):
        self._registers = Registers(i2c, settings["address"], "tas5805m")
        self._enable = settings["enable"]
        self._gain = -settings["analogue_gain"]
        self._bridge = 0x04 if settings["bridged"] else 0x00
        self._plays = False

    async def start(self, rate, bits, level):
        """Ready to sound, muted. `level`: half decibels, -206 to 0."""
        if rate not in _RATES:
            raise Fault("tas5805m-rate", f"tas5805m cannot play {rate} frames a second")
        registers = self._registers
        self._enable.value(1)
        await asyncio.sleep_ms(_WAKE_MS)
        registers.write_all(_BOOT)
        await asyncio.sleep_ms(_STABLE_MS)
        registers.write(_DEVICE_CONTROL1, self._bridge)
        registers.write(_SERIAL, _WORDS[bits])
        registers.expect(_SERIAL, _WORDS[bits])
        registers.write(_ANALOGUE_GAIN, self._gain)
        registers.write(_VOLUME, _ZERO_DB - level)
        self._plays = True
        registers.write(_DEVICE_CONTROL2, _PLAY | _MUTED)
        registers.write_all(_CLEAR_FAULTS)
        await self._wait_for(_PLAY)

    async def _wait_for(self, state):
        for _ in range(_STATE_TRIES):
            await asyncio.sleep_ms(_STATE_MS)
            if self._registers.read(_POWER_STATE) == state:
                return
        raise Fault("tas5805m-state", "tas5805m does not start to play: faults " + self._faults())

    def _faults(self):
        return " ".join([f"{self._registers.read(register):#04x}" for register in (0x70, 0x71, 0x72)])

    def look(self):
        """Code of what has shut the outputs down, or None. It is cleared, so that they go on if it is over, and the next look tells whether it is."""
        for register, bits, word in _SHUT_DOWN:
            if self._registers.read(register) & bits:
                self._registers.write_all(_CLEAR_FAULTS)
                return "tas5805m-" + word
        return None

    def unmute(self):
        self._registers.write(_DEVICE_CONTROL2, _PLAY)

    def mute(self):
        self._registers.write(_DEVICE_CONTROL2, _PLAY | _MUTED)

    def stop(self):
        """Outputs open, then asleep while the clocks still run, then off."""
        try:
            if self._plays:
                self._registers.write(_DEVICE_CONTROL2, _HI_Z | _MUTED)
                self._registers.write(_DEVICE_CONTROL2, _DEEP_SLEEP)
        finally:
            self._plays = False
            self._enable.value(0)
