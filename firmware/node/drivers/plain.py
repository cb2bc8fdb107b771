"""A converter or amplifier without registers (MAX98357A, PCM5102A and the like): it runs from the bit clock by itself, and a pin alone silences it."""


class Driver:
    """Nothing to be told; the level is whatever its pins set."""

    def __init__(self, i2c, settings):
        pass

    async def start(self, rate, bits, level):
        pass

    def unmute(self):
        pass

    def mute(self):
        pass

    def stop(self):
        pass
