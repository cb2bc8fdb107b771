"""What the tests of the codecs share: each codec on its board, with clocks, bus, driver, amplifier and loudspeaker on virtual time."""

import asyncio

from model_ac101 import Ac101
from model_bus import Bus
from model_es8311 import Es8311
from model_es8388 import Es8388
from model_pcm512x import Pcm512x
from model_sound import Clocks, Loudspeaker
from model_tas5805m import Tas5805m
from support_time import VirtualClock

from node.drivers import ac101, es8311, es8388, pcm512x, tas5805m
from node.drivers.amplifier import Switch, Unswitched
from node.drivers.output import Output


class CodecBench:
    """A codec on its board: clocks, bus, driver, amplifier, loudspeaker, on virtual time."""

    def __init__(self, rate, master=0):
        self.time = VirtualClock()
        self.clocks = Clocks(rate, master=master * rate)
        self.time.devices.append(self.clocks)
        self.bus = Bus()

    def wire(self, model, make, amplifier=None, level=0):
        self.model = model
        self.bus.chips.append(model)
        self.time.devices.append(model)
        self.speaker = Loudspeaker(model, self.clocks) if hasattr(model, "rest") else None
        self.output = Output(make(self.bus), amplifier or Switch(self.speaker, 1, 10), level)
        return self

    async def play(self, rate=None):
        """As the sink does: clocks, a little silence, then everything on."""
        self.clocks.start()
        await asyncio.sleep_ms(20)
        await self.output.on(rate or self.clocks.rate)

    async def finish(self):
        self.output.off()
        await asyncio.sleep_ms(40)
        self.clocks.stop()

    def hears(self):
        return self.speaker.hears() if self.speaker else self.model.hears()

    @property
    def pops(self):
        return self.speaker.pops if self.speaker else self.model.pops

    def run(self, scenario):
        return self.time.run(scenario)


def with_es8388(rate=24000, outputs=("out1", "out2"), level=0):
    bench = CodecBench(rate, master=256)
    return bench.wire(Es8388(bench.clocks), lambda bus: es8388.Driver(bus, {"address": 0x10, "outputs": outputs}), level=level)


def with_es8311(rate=24000, level=0, shy=False):
    bench = CodecBench(rate)
    return bench.wire(Es8311(bench.clocks, shy=shy), lambda bus: es8311.Driver(bus, {"address": 0x18}), level=level)


def with_ac101(rate=24000, level=0, outputs=("headphone", "speaker")):
    bench = CodecBench(rate)
    return bench.wire(Ac101(bench.clocks), lambda bus: ac101.Driver(bus, {"address": 0x1A, "outputs": outputs}), level=level)


def with_tas5805m(rate=32000, level=0, gain=0, bridged=False):
    bench = CodecBench(rate)
    model = Tas5805m(bench.clocks)
    settings = {"address": 0x2D, "enable": model.pdn, "analogue_gain": gain, "bridged": bridged}
    return bench.wire(model, lambda bus: tas5805m.Driver(bus, settings), Unswitched(), level)


def with_pcm512x(rate=32000, level=0):
    bench = CodecBench(rate)
    return bench.wire(Pcm512x(bench.clocks), lambda bus: pcm512x.Driver(bus, {"address": 0x4C}), level=level)


CODECS = (with_es8388, with_es8311, with_ac101, with_tas5805m, with_pcm512x)
