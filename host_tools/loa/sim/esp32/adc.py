"""`machine.ADC`: what stands on a pin is said by the world around the board (`volts`), 0 V if nothing is."""

from chip import CHIP

_LIMITS_UV = (950_000, 1_250_000, 1_750_000, 2_450_000)  # ESP32 data sheet, ADC: effective range by attenuation
_BITS = 12


class ADC:
    """Attenuation bounds what can be told apart; above its range the ADC shows its limit."""

    ATTN_0DB, ATTN_2_5DB, ATTN_6DB, ATTN_11DB = 0, 1, 2, 3
    WIDTH_9BIT, WIDTH_10BIT, WIDTH_11BIT, WIDTH_12BIT = 9, 10, 11, 12

    def __init__(self, pin, *, atten=ATTN_0DB):
        self._pin = str(getattr(pin, "number", pin))
        self._attenuation = atten

    def atten(self, attenuation):
        self._attenuation = attenuation

    def width(self, bits):
        """Accepted; twelve bits are converted."""

    def read_uv(self):
        """Microvolt."""
        limit = _LIMITS_UV[self._attenuation]
        return max(0, min(limit, CHIP.world["volts"].get(self._pin, 0)))

    def read(self):
        """0 to 4,095."""
        return self.read_uv() * ((1 << _BITS) - 1) // _LIMITS_UV[self._attenuation]

    def read_u16(self):
        """0 to 65,535."""
        raw = self.read()
        return raw << 4 | raw >> 8
