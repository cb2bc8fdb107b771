"""What surrounds a codec: the clocks of I2S before it and the amplifier with its loudspeaker behind it. The loudspeaker says what one hears."""

from model_bus import Misuse


class Clocks:
    """`rate` frames a second of two words of `bits`; `master`: Hz on the codec's master clock pin, 0 where nothing is wired."""

    def __init__(self, rate, bits=16, master=0):
        self.rate = rate
        self.bits = bits
        self.master = master
        self.running = False
        self.run_us = 0  # since they started
        self.listeners = []

    @property
    def bit_clock(self):
        return 2 * self.bits * self.rate

    def start(self):
        self.running = True
        self.run_us = 0
        self._tell()

    def stop(self):
        self.running = False
        self._tell()

    def advance(self, us):
        self.run_us += us

    def _tell(self):
        for listener in self.listeners:
            listener()


class Loudspeaker:
    """An amplifier that a pin switches, fed by `codec`. A jump of the codec's output while it is on is heard as a pop.

    `codec`: a model with `rest()` (its output without a signal, 0 to 1 of its full reference), `hears()` (see `heard`) and `watchers`.
    `switched`: False for an amplifier that is always on.
    """

    def __init__(self, codec, clocks, switched=True):
        self._codec = codec
        self._clocks = clocks
        self._rest = codec.rest()
        self.is_on = not switched
        self._switched = switched
        self.pops = []
        codec.watchers.append(self.look)
        clocks.listeners.append(self._clocks_changed)

    def value(self, level):
        """The pin that switches it; high is on."""
        (self._on if level else self._off)()

    def _on(self):
        if not self._switched:
            raise Misuse("no pin switches this amplifier")
        self.look()
        if not self._clocks.running:
            self.pops.append("amplifier on without clocks")
        if self._codec.hears():
            self.pops.append("amplifier on in mid-signal")
        if not self._codec.settled():
            self.pops.append("amplifier on while the codec's output moves")
        self.is_on = True

    def _off(self):
        self.look()
        self.is_on = False

    def look(self):
        """To be called when anything about the codec may have changed."""
        rest = self._codec.rest()
        if self.is_on and abs(rest - self._rest) > 0.02:
            self.pops.append(f"output jumps from {self._rest:.2f} to {rest:.2f}")
        self._rest = rest

    def hears(self):
        """What comes out: {output: gain in dB}, with what the codec takes the samples for; None if nothing does."""
        return self._codec.hears() if self.is_on else None

    def _clocks_changed(self):
        if not self._clocks.running and self.is_on and self._codec.open():
            self.pops.append("clocks stop under an open output")
        self.look()


def heard(rate, bits, outputs):
    """What a codec makes of what it is given: frames a second, bits of a word, and by name of output the gain in dB."""
    return {"rate": rate, "bits": bits, "outputs": outputs}
