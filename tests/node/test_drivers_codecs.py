"""Codecs on models written from their data sheets: what one hears, at which gain and rate, and whether it popped."""

import asyncio
import errno

from model_ac101 import Ac101
from model_bus import Bus, Misuse
from model_es8311 import Es8311
from model_es8388 import Es8388
from model_pcm512x import Pcm512x
from model_sound import Clocks, Loudspeaker
from model_tas5805m import Tas5805m
from support_time import VirtualClock

from node.drivers import ac101, es8311, es8388, pcm512x, tas5805m
from node.drivers.amplifier import Switch, Unswitched
from node.drivers.output import Output
from node.drivers.registers import Fault


class _Bench:
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


def _es8388(rate=24000, outputs=("out1", "out2"), level=0):
    bench = _Bench(rate, master=256)
    return bench.wire(Es8388(bench.clocks), lambda bus: es8388.Driver(bus, {"address": 0x10, "outputs": outputs}), level=level)


def _es8311(rate=24000, level=0, shy=False):
    bench = _Bench(rate)
    return bench.wire(Es8311(bench.clocks, shy=shy), lambda bus: es8311.Driver(bus, {"address": 0x18}), level=level)


def _ac101(rate=24000, level=0, outputs=("headphone", "speaker")):
    bench = _Bench(rate)
    return bench.wire(Ac101(bench.clocks), lambda bus: ac101.Driver(bus, {"address": 0x1A, "outputs": outputs}), level=level)


def _tas5805m(rate=32000, level=0, gain=0, bridged=False):
    bench = _Bench(rate)
    model = Tas5805m(bench.clocks)
    settings = {"address": 0x2D, "enable": model.pdn, "analogue_gain": gain, "bridged": bridged}
    return bench.wire(model, lambda bus: tas5805m.Driver(bus, settings), Unswitched(), level)


def _pcm512x(rate=32000, level=0):
    bench = _Bench(rate)
    return bench.wire(Pcm512x(bench.clocks), lambda bus: pcm512x.Driver(bus, {"address": 0x4C}), level=level)


_CODECS = (_es8388, _es8311, _ac101, _tas5805m, _pcm512x)
_RATES = {
    _es8388: (8000, 16000, 22050, 24000, 32000, 44100, 48000),
    _es8311: (16000, 22050, 24000, 32000, 44100, 48000),
    _ac101: (8000, 11025, 16000, 22050, 24000, 32000, 44100, 48000),
    _tas5805m: (32000, 44100, 48000),
    _pcm512x: (32000, 44100, 48000),
}


def test_what_is_played_is_heard_at_its_rate_and_word_length():
    for make in _CODECS:
        for rate in _RATES[make]:
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

    for make in _CODECS:
        bench = make()
        bench.run(life(bench))
        assert bench.pops == [], (make.__name__, bench.pops)


def test_the_gain_grows_with_the_level_and_never_exceeds_it():
    async def one(bench):
        await bench.play()
        return bench.hears()

    for make in _CODECS:
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
        bench = _es8388(outputs=outputs)
        assert bench.run(one(bench)) == set(outputs)
    for outputs in (("headphone",), ("speaker",), ("headphone", "speaker")):
        bench = _ac101(outputs=outputs)
        assert bench.run(one(bench)) == set(outputs)
    for bridged, outputs in ((True, {"bridged"}), (False, {"left", "right"})):
        bench = _tas5805m(bridged=bridged)
        assert bench.run(one(bench)) == outputs


def test_tas5805m_adds_its_analogue_gain():
    bench = _tas5805m(gain=-12, level=-6)
    bench.run(bench.play())
    assert bench.hears()["outputs"] == {"left": -9, "right": -9}


def test_without_clocks_nothing_is_heard():
    async def life(bench):
        await bench.play()
        bench.clocks.stop()
        return bench.hears()

    for make in _CODECS:
        bench = make()
        assert bench.run(life(bench)) is None
    bench = _Bench(24000, master=0)  # an ES8388 whose master clock nobody routed
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
        _es8388: lambda bus: es8388.Driver(bus, {"address": 0x10, "outputs": ("out1", "out2")}),
        _es8311: lambda bus: es8311.Driver(bus, {"address": 0x18}),
        _ac101: lambda bus: ac101.Driver(bus, {"address": 0x1A, "outputs": ("headphone", "speaker")}),
        _pcm512x: lambda bus: pcm512x.Driver(bus, {"address": 0x4C}),
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

    bench = _Bench(24000, master=256)
    model = Es8388(bench.clocks)
    bench.wire(model, lambda bus: es8388.Driver(bus, {"address": 0x10, "outputs": ("out2",)}), Unswitched())
    bench.speaker = Loudspeaker(model, bench.clocks, switched=False)
    charged = []
    model.watchers.append(lambda: charged.append(len(bench.pops)) if model.rest() == 1.0 else None)
    bench.run(life(bench))
    assert bench.pops and len(bench.pops) == charged[0]


def test_an_absent_chip_is_named_and_the_amplifier_stays_off():
    async def life(bench):
        try:
            await bench.play()
        except Fault as fault:
            await bench.finish()
            return fault

    for make in _CODECS:
        bench = make()
        bench.bus.chips = []
        fault = bench.run(life(bench))
        assert fault.code.endswith("-absent") and "answers on I2C at 0x" in fault.reason, fault.reason
        assert bench.output.fault is not None and not bench.hears() and not bench.pops
        if bench.speaker:
            assert not bench.speaker.is_on


def test_another_chip_at_the_address_is_refused():
    async def life(bench):
        try:
            await bench.play()
        except Fault as fault:
            return fault.code

    class Deaf:
        """Acknowledges everything and keeps nothing."""

        def __init__(self, address):
            self.address = address

        def answers(self):
            return True

        def read(self, register, buffer):
            for i in range(len(buffer)):
                buffer[i] = 0xFF

        def write(self, register, data):
            pass

    for make in _CODECS:
        bench = make()
        bench.bus.chips = [Deaf(bench.model.address)]
        assert bench.run(life(bench)).endswith("-wrong"), make.__name__


def test_both_halves_of_an_identification_count():
    async def life(bench):
        try:
            await bench.play()
        except Fault as fault:
            return fault.code

    for half in (0xFD, 0xFE):
        bench = _es8311()
        bench.model.values[half] ^= 1
        assert bench.run(life(bench)) == "es8311-wrong"


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

    bench = _es8388()
    first, second, third = bench.run(life(bench))
    assert first - second >= 100_000 and second == third


def test_a_bus_that_fails_at_any_transfer_is_a_fault_without_a_pop_and_the_next_try_plays():
    async def life(bench):
        try:
            await bench.play()
        except Fault as fault:
            assert fault.code.endswith(("-bus", "-state")), fault.code
            await bench.finish()
            assert not bench.hears()
            bench.bus.fail_at = None
            await asyncio.sleep_ms(1000)
            await bench.play()
        return bool(bench.hears())

    for make in _CODECS:
        bench = make()
        bench.run(bench.play())
        transfers = bench.bus.transfers
        assert transfers > 3
        for fail_at in range(transfers):
            bench = make()
            bench.bus.fail_at = fail_at
            assert bench.run(life(bench)), (make.__name__, fail_at)
            assert bench.pops == [], (make.__name__, fail_at, bench.pops)


def test_switching_off_never_raises_and_always_switches_the_amplifier_off():
    async def life(bench):
        await bench.play()
        bench.bus.fail_at = bench.bus.transfers
        bench.bus.error = errno.ETIMEDOUT
        bench.output.off()

    for make in (_es8388, _es8311, _ac101, _pcm512x):
        bench = make()
        bench.run(life(bench))
        assert not bench.speaker.is_on and bench.output.fault.code.endswith("-bus")


def test_rates_that_a_chip_cannot_play_are_refused():
    async def life(bench):
        try:
            await bench.play()
        except Fault as fault:
            return fault.code

    for make, rate in ((_tas5805m, 24000), (_tas5805m, 16000), (_pcm512x, 24000), (_pcm512x, 16000), (_es8311, 8000), (_ac101, 44000)):
        bench = make(rate)
        assert bench.run(life(bench)).endswith("-rate"), (make.__name__, rate)


def test_es8311_forgives_the_first_transfer_only():
    bench = _es8311(shy=True)
    bench.run(bench.play())
    assert bench.hears()


def test_tas5805m_says_its_faults_when_it_does_not_play():
    async def life(bench):
        try:
            await bench.play(rate=48000)  # told 48,000 where the clocks make 24,000
        except Fault as fault:
            return fault

    bench = _tas5805m(24000)
    fault = bench.run(life(bench))
    assert fault.code == "tas5805m-state" and "0x04" in fault.reason


def test_tas5805m_says_what_shut_it_down_and_goes_on_when_it_is_over():
    async def life(bench):
        await bench.play()
        told = [bench.output.look()]
        for register, bit in ((0x70, 0), (0x70, 1), (0x70, 2), (0x71, 0), (0x71, 1), (0x72, 0)):
            bench.model.trip(register, bit)
            assert not bench.hears()
            told.append(bench.output.look())
            assert bench.hears() and bench.output.look() is None
        bench.model.trip(0x70, 0, stays=True)
        assert bench.output.look() == bench.output.look() == "tas5805m-overcurrent" and not bench.hears()
        bench.bus.chips = []
        told.append(bench.output.look())
        asked = bench.bus.transfers
        assert bench.output.look() == "tas5805m-absent" and bench.bus.transfers == asked
        return told

    bench = _tas5805m()
    assert bench.run(life(bench)) == [
        None,
        "tas5805m-overcurrent",
        "tas5805m-overcurrent",
        "tas5805m-direct-current",
        "tas5805m-undervoltage",
        "tas5805m-overvoltage",
        "tas5805m-overheated",
        "tas5805m-absent",
    ]


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


def test_the_models_refuse_what_the_data_sheets_forbid():
    """The models bite: each of these would pass a driver's mistake otherwise."""
    clocks = Clocks(24000, master=256 * 24000)
    refused = 0
    for chip, register, data in (
        (Es8388(clocks), 0x35, b"\xa0"),
        (Es8388(clocks), 0x02, b"\x00"),
        (Es8311(clocks), 0x20, b"\x00"),
        (Es8311(clocks), 0xFD, b"\x00"),
        (Ac101(clocks), 0x57 + 0x20, b"\x00\x00"),
        (Ac101(clocks), 0x00, b"\x00\x00"),
        (Ac101(clocks), 0x56, b"\x0b\xf0"),
        (Tas5805m(clocks), 0x02, b"\x00"),
        (Pcm512x(clocks), 0x01, b"\x11"),
        (Pcm512x(clocks), 0x05, b"\x00"),
    ):
        try:
            chip.write(register, data)
        except Misuse:
            refused += 1
    assert refused == 10


def test_the_loudspeaker_hears_an_amplifier_that_comes_on_too_early():
    async def life(bench):
        bench.speaker.value(1)  # before anything else
        await bench.play()

    for make in (_es8388, _es8311, _ac101):
        bench = make()
        bench.run(life(bench))
        assert bench.pops, make.__name__
