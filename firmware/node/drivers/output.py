"""The way from the clocks to the loudspeaker, switched on and off in the order that does not pop: codec, then amplifier, then sound; and back.

Does not play: the sink asks for it when its clocks are stable and only silence is queued.
"""

import asyncio

from micropython import const

_BITS = const(16)


class Output:
    """`codec` as in `node.drivers`; `amplifier` has `on()` and `off()`; `level`: gain of the codec in half decibels, 0 at most.

    `settle_ms`: how long the amplifier takes until it may be given sound.
    """

    def __init__(self, codec, amplifier, settle_ms, level):
        self._codec = codec
        self._amplifier = amplifier
        self._settle_ms = settle_ms
        self._level = level
        self.fault = None  # the Fault of the last attempt

    async def on(self, rate):
        """Everything on, at `rate` frames a second. Raises Fault, with the amplifier off."""
        try:
            await self._codec.start(rate, _BITS, self._level)
            self._amplifier.on()
            await asyncio.sleep_ms(self._settle_ms)
            self._codec.unmute()
            self.fault = None
        except OSError as fault:
            self.off()
            self.fault = fault
            raise

    def off(self):
        """Everything off; the clocks still run. The amplifier first: whatever the codec does afterwards is not heard."""
        self._amplifier.off()
        try:
            self._codec.stop()
        except OSError as fault:  # a codec that does not answer can be told nothing; the amplifier is off
            self.fault = fault


class Switch:
    """An amplifier's enabling pin, off from the moment this is made. `pin`: a `machine.Pin`; `on`: the level that means on."""

    def __init__(self, pin, on):
        self._pin = pin
        self._on = on
        self.off()

    def on(self):
        self._pin.value(self._on)

    def off(self):
        self._pin.value(1 - self._on)


class Unswitched:
    """An amplifier that is on as long as the board has power."""

    def on(self):
        pass

    def off(self):
        pass
