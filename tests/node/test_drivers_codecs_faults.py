"""Codecs that do not answer, are others, fail in the middle or cannot play a rate: each fault by its name, never with a pop. And that the models bite."""

import asyncio
import errno

from model_ac101 import Ac101
from model_bus import Misuse
from model_es8311 import Es8311
from model_es8388 import Es8388
from model_pcm512x import Pcm512x
from model_sound import Clocks
from model_tas5805m import Tas5805m
from support_codecs import CODECS, with_ac101, with_es8311, with_es8388, with_pcm512x, with_tas5805m

from node.drivers.registers import Fault


def test_an_absent_chip_is_named_and_the_amplifier_stays_off():
    async def life(bench):
        try:
            await bench.play()
        except Fault as fault:
            await bench.finish()
            return fault

    for make in CODECS:
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

    for make in CODECS:
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
        bench = with_es8311()
        bench.model.values[half] ^= 1
        assert bench.run(life(bench)) == "es8311-wrong"


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

    for make in CODECS:
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

    for make in (with_es8388, with_es8311, with_ac101, with_pcm512x):
        bench = make()
        bench.run(life(bench))
        assert not bench.speaker.is_on and bench.output.fault.code.endswith("-bus")


def test_rates_that_a_chip_cannot_play_are_refused():
    async def life(bench):
        try:
            await bench.play()
        except Fault as fault:
            return fault.code

    for make, rate in (
        (with_tas5805m, 24000),
        (with_tas5805m, 16000),
        (with_pcm512x, 24000),
        (with_pcm512x, 16000),
        (with_es8311, 8000),
        (with_ac101, 44000),
    ):
        bench = make(rate)
        assert bench.run(life(bench)).endswith("-rate"), (make.__name__, rate)


def test_es8311_forgives_the_first_transfer_only():
    bench = with_es8311(shy=True)
    bench.run(bench.play())
    assert bench.hears()


def test_tas5805m_says_its_faults_when_it_does_not_play():
    async def life(bench):
        try:
            await bench.play(rate=48000)  # told 48,000 where the clocks make 24,000
        except Fault as fault:
            return fault

    bench = with_tas5805m(24000)
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

    bench = with_tas5805m()
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
