"""PCM5121 and PCM5122 under I2C control, running from the bit clock by their own PLL (TI data sheet SLAS763; names as in Linux' `pcm512x.h`).

Their PCM510x relatives have no registers: see `plain`.
"""

from micropython import const

from node.drivers.registers import Fault, Registers

_PAGE = const(0x00)
_POWER = const(0x02)
_MUTE = const(0x03)
_SERIAL = const(0x28)
_VOLUME_LEFT = const(0x3D)  # half decibels down from +24 dB: 0x30 is 0 dB
_VOLUME_RIGHT = const(0x3E)

_STANDBY = const(0x10)
_RUNNING = const(0x00)
_BOTH = const(0x11)
_ZERO_DB = const(0x30)
_WORDS = {16: 0x00, 24: 0x02, 32: 0x03}  # I2S
_RATES = (32000, 44100, 48000, 96000, 192000)  # at which 32 bits a frame are enough for the PLL (data sheet, BCK rates)

# fmt: off
_SET_UP = bytes((
    0x0D, 0x10,  # the PLL's reference is the bit clock
    0x25, 0x18,  # no master clock is missed
    0x3F, 0x22,  # volume moves by a decibel a frame
    0x41, 0x04,  # no automatic mute
))
# fmt: on


class Driver:
    """`settings`: `address`."""

    def __init__(self, i2c, settings):
        self._registers = Registers(i2c, settings["address"], "pcm512x")

    async def start(self, rate, bits, level):
        """Ready to sound, muted. `level`: half decibels, -206 to 0."""
        if rate not in _RATES:
            raise Fault("pcm512x-rate", f"pcm512x cannot run from the bit clock of {rate} frames a second")
        registers = self._registers
        registers.write(_PAGE, 0)
        registers.write(_MUTE, _BOTH)
        registers.expect(_MUTE, _BOTH)  # it has no identification: what keeps a value there passes
        registers.write(_POWER, _STANDBY)
        registers.write_all(_SET_UP)
        registers.write(_SERIAL, _WORDS[bits])
        registers.write(_VOLUME_LEFT, _ZERO_DB - level)
        registers.write(_VOLUME_RIGHT, _ZERO_DB - level)
        registers.write(_POWER, _RUNNING)

    def unmute(self):
        self._registers.write(_MUTE, 0)

    def mute(self):
        self._registers.write(_MUTE, _BOTH)

    def stop(self):
        self.mute()
        self._registers.write(_POWER, _STANDBY)
