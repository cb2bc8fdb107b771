"""A codec and the amplifier behind it, switched on and off in the order that does not pop: codec, then amplifier, then sound; and back.

Does not play: the sink asks for it when its clocks are stable and only silence is queued.
"""

from micropython import const

from node.drivers.registers import Fault

_BITS = const(16)


class Output:
    """`codec` as in `node.drivers`; `amplifier` as in `node.drivers.amplifier`; `level`: gain of the codec in half decibels, 0 at most."""

    def __init__(self, codec, amplifier, level):
        self._codec = codec
        self._amplifier = amplifier
        self._level = level
        self.fault = None  # the Fault of the last attempt
        self._watched = False

    async def on(self, rate):
        """Everything on, at `rate` frames a second. Raises Fault, with everything off."""
        try:
            await self._codec.start(rate, _BITS, self._level)
            await self._amplifier.on(rate)
            self._codec.unmute()
            self.fault = None
            self._watched = hasattr(self._codec, "look")
        except OSError as fault:
            self.off()
            self.fault = fault
            raise

    def off(self):
        """Everything off; the clocks still run. The amplifier first: whatever the codec does afterwards is not heard."""
        self._amplifier.off()
        self._watched = False
        try:
            self._codec.stop()
        except OSError as fault:  # a codec that does not answer can be told nothing; the amplifier is off
            self.fault = fault

    def look(self):
        """Code of what is wrong with the way to the loudspeaker, as far as the codec can tell, or None."""
        if self._watched:
            try:
                return self._codec.look()
            except Fault as fault:
                self.fault = fault
                self._watched = False  # a bus that hangs holds everything for as long as each question takes
        return self.fault.code if self.fault else None
