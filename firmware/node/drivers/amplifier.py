"""An amplifier behind I2S and the pin that silences it. All that a converter or amplifier without registers needs (MAX98357A, PCM5102A and the like)."""

import asyncio


class Switch:
    """Off from the moment this is made. `pin`: a `machine.Pin`; `level` means on; `settle_ms`: how long it takes until it may be given sound."""

    def __init__(self, pin, level, settle_ms):
        self._pin = pin
        self._level = level
        self._settle_ms = settle_ms
        self.off()

    def look(self):
        """Nothing can be known of it."""

    async def on(self, rate):
        """To be called when the clocks are stable, `rate` frames a second, and only silence is queued."""
        self._pin.value(self._level)
        await asyncio.sleep_ms(self._settle_ms)

    def off(self):
        """To be called while the clocks still run."""
        self._pin.value(1 - self._level)


class Unswitched:
    """An amplifier that is on as long as the board has power."""

    def look(self):
        pass

    async def on(self, rate):
        pass

    def off(self):
        pass
