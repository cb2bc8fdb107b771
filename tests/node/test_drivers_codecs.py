"""Codecs on models written from their data sheets: what one hears, at which gain and rate, and whether it popped."""

import asyncio

from model_es8388 import Es8388
from model_sound import Loudspeaker
from support_codecs import CODECS, CodecBench, with_ac101, with_es8311, with_es8388, with_pcm512x, with_tas5805m
from support_time import VirtualClock

from node.drivers import ac101, es8311, es8388, pcm512x
from node.drivers.amplifier import Switch, Unswitched
from node.drivers.output import Output

RATES = {
    with_es8388: (8000, 16000, 22050, 24000, 32000, 44100, 48000),
    with_es8311: (16000, 22050, 24000, 32000, 44100, 48000),
    with_ac101: (8000, 11025, 16000, 22050, 24000, 32000, 44100, 48000),
    with_tas5805m: (32000, 44100, 48000),
    with_pcm512x: (32000, 44100, 48000),
}


def test_what_is_played_is_heard_at_its_rate_and_word_length():
    for make in CODECS:
        for rate in RATES[make]:
            bench = make(rate)
            bench.run(bench.play())
            heard = bench.hears()
            assert heard and heard["rate"] == rate and heard["bits"] == 16, (make.__name__, rate, heard)
            assert set(heard["outputs"].values()) == {0}, heard


def test_nothing_pops_on_off_and_on_again():
    async def life(bench):
        for _ in range(3):
            await bench.play()
            assert bench.hears()
            await asyncio.sleep_ms(500)
            await bench.finish()
            assert not bench.hears()
            await asyncio.sleep_ms(5000)

    for make in CODECS:
        bench = make()
        bench.run(life(bench))
        assert bench.pops == [], (make.__name__, bench.pops)


def test_the_gain_grows_with_the_level_and_never_exceeds_it():
    async def one(bench):
        await bench.play()
        return bench.hears()

    for make in CODECS:
        before = -1000
        for level in range(-190, 1):
            bench = make(level=level)
            gain = set(bench.run(one(bench))["outputs"].values())
            assert len(gain) == 1
            gain = gain.pop()
            assert before <= gain <= level / 2 and gain > level / 2 - 0.75, (make.__name__, level, gain)
            before = gain


def test_only_the_outputs_that_are_wired_sound():
    async def one(bench):
        await bench.play()
        return set(bench.hears()["outputs"])

    for outputs in (("out1",), ("out2",), ("out1", "out2")):
        bench = with_es8388(outputs=outputs)
        assert bench.run(one(bench)) == set(outputs)
    for outputs in (("headphone",), ("speaker",), ("headphone", "speaker")):
        bench = with_ac101(outputs=outputs)
        assert bench.run(one(bench)) == set(outputs)
    for bridged, outputs in ((True, {"bridged"}), (False, {"left", "right"})):
        bench = with_tas5805m(bridged=bridged)
        assert bench.run(one(bench)) == outputs


def test_tas5805m_adds_its_analogue_gain():
    bench = with_tas5805m(gain=-12, level=-6)
    bench.run(bench.play())
    assert bench.hears()["outputs"] == {"left": -9, "right": -9}


def test_without_clocks_nothing_is_heard():
    async def life(bench):
        await bench.play()
        bench.clocks.stop()
        return bench.hears()

    for make in CODECS:
        bench = make()
        assert bench.run(life(bench)) is None
    bench = CodecBench(24000, master=0)  # an ES8388 whose master clock nobody routed
    bench.wire(Es8388(bench.clocks), lambda bus: es8388.Driver(bus, {"address": 0x10, "outputs": ("out1",)}))
    bench.run(bench.play())
    assert bench.hears() is None


def test_a_reset_in_mid_play_finds_the_codec_as_it_was_and_starts_without_a_pop():
    """The processor starts anew; the codec kept its power, and the amplifier's resistor has switched it off."""

    async def life(bench, make_driver):
        await bench.play()
        bench.speaker.value(0)
        bench.clocks.stop()
        bench.output = Output(make_driver(bench.bus), Switch(bench.speaker, 1, 10), 0)
        await bench.play()
        assert bench.hears()

    drivers = {
        with_es8388: lambda bus: es8388.Driver(bus, {"address": 0x10, "outputs": ("out1", "out2")}),
        with_es8311: lambda bus: es8311.Driver(bus, {"address": 0x18}),
        with_ac101: lambda bus: ac101.Driver(bus, {"address": 0x1A, "outputs": ("headphone", "speaker")}),
        with_pcm512x: lambda bus: pcm512x.Driver(bus, {"address": 0x4C}),
    }
    for make, make_driver in drivers.items():
        bench = make()
        bench.run(life(bench, make_driver))
        assert bench.pops == [], (make.__name__, bench.pops)


def test_an_es8388_whose_amplifier_is_always_on_pops_at_power_on_and_never_again():
    async def life(bench):
        for _ in range(3):
            await bench.play()
            await bench.finish()
            await asyncio.sleep_ms(60_000)

    bench = CodecBench(24000, master=256)
    model = Es8388(bench.clocks)
    bench.wire(model, lambda bus: es8388.Driver(bus, {"address": 0x10, "outputs": ("out2",)}), Unswitched())
    bench.speaker = Loudspeaker(model, bench.clocks, switched=False)
    charged = []
    model.watchers.append(lambda: charged.append(len(bench.pops)) if model.rest() == 1.0 else None)
    bench.run(life(bench))
    assert bench.pops and len(bench.pops) == charged[0]


def test_an_es8388_charges_its_references_once():
    async def life(bench):
        took = []
        for _ in range(3):
            before = bench.time.now_us
            await bench.play()
            took.append(bench.time.now_us - before)
            await bench.finish()
            await asyncio.sleep_ms(60_000)
        return took

    bench = with_es8388()
    first, second, third = bench.run(life(bench))
    assert first - second >= 100_000 and second == third


def test_a_plain_converter_has_its_pin_alone():
    class Pin:
        levels = ()

        def value(self, level):
            self.levels += (level,)

    async def life(pin, level):
        amplifier = Switch(pin, level, 10)
        before = clock.now_us
        await amplifier.on(24000)
        assert clock.now_us - before >= 10_000
        amplifier.off()
        return pin.levels

    clock = VirtualClock()
    assert clock.run(life(Pin(), 1)) == (0, 1, 0)
    assert clock.run(life(Pin(), 0)) == (1, 0, 1)


def test_the_loudspeaker_hears_an_amplifier_that_comes_on_too_early():
    async def life(bench):
        bench.speaker.value(1)  # before anything else
        await bench.play()

    for make in (with_es8388, with_es8311, with_ac101):
        bench = make()
        bench.run(life(bench))
        assert bench.pops, make.__name__
