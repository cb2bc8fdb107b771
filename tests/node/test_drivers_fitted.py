"""What a node makes of `board.json`: drivers of the chips that stand there, clocks routed, faults remembered and survived."""

import asyncio
import sys

from model_bus import Bus
from model_clocks_and_sensors import Ds3231, Ina226
from model_es8388 import Es8388
from model_machine import Machine
from model_pins import Esp32Memory, Esp32S3Memory
from model_sound import Clocks
from model_tas5805m import Tas5805m
from support_time import VirtualClock

from node.drivers.fitted import Fitted

_PLAIN = {"master_clock": {"source": "bit-clock"}, "amplifier": {"pin": 25, "on": 1, "settle_ms": 10}}
_I2C = {"unit": 0, "sda": 33, "scl": 32, "hertz": 100000}
_ES8388 = {
    "master_clock": {"source": "clk-out1", "pin": 0},
    "amplifier": {"pin": 21, "on": 1, "settle_ms": 50},
    "i2c": _I2C,
    "codec": {"driver": "es8388", "address": 0x10, "outputs": ["out2"], "level": -6},
    "battery_clock": {"chip": "ds3231", "address": 0x68},
    "supply_sensor": {"chip": "ina226", "address": 0x40, "shunt_milliohm": 10},
}


class _Esp32:
    def raw_temperature(self):
        return 122


def test_a_plain_board_loads_no_codec_and_makes_no_bus():
    for name in ("node.drivers.output", "node.drivers.registers"):
        sys.modules.pop(name, None)
    machine = Machine()
    fitted = Fitted(_PLAIN, machine, object())
    assert machine.levels == {25: 0} and machine.buses == []
    assert "node.drivers.output" not in sys.modules
    VirtualClock().run(fitted.output.on(24000))
    assert machine.levels == {25: 1}
    fitted.output.off()
    assert machine.levels == {25: 0}
    fitted.route_master_clock(0)
    fitted.keep_time(1786951815)
    assert fitted.time() is None and fitted.measure() == {} and fitted.faults() == []


def test_an_amplifier_that_is_on_when_low_is_off_when_high():
    wiring = dict(_PLAIN)
    wiring["amplifier"] = {"pin": 4, "on": 0, "settle_ms": 0}
    machine = Machine()
    Fitted(wiring, machine, object())
    assert machine.levels == {4: 1}


def test_a_board_with_chips_plays_and_knows_time_and_supply():
    async def life():
        clocks.start()
        await asyncio.sleep_ms(20)
        await fitted.output.on(24000)

    clock, clocks = VirtualClock(), Clocks(24000, master=256 * 24000)
    codec, battery, supply = Es8388(clocks), Ds3231(), Ina226()
    clock.devices.extend((clocks, codec))
    memory = Esp32Memory()
    machine = Machine(Bus(codec, battery, supply), memory)
    fitted = Fitted(_ES8388, machine, _Esp32())
    assert machine.buses == [(0, 33, 32, 100000)] and machine.levels == {21: 0}
    fitted.route_master_clock(0)
    assert memory.clock_on_gpio0() == "i2s0"
    clock.run(life())
    assert machine.levels == {21: 1}
    assert codec.hears() == {"rate": 24000, "bits": 16, "outputs": {"out2": -3}}
    assert fitted.time() is None
    fitted.keep_time(1786951815)
    assert fitted.time() == 1786951815
    supply.volts, supply.amperes = 12.0, 0.5
    assert fitted.measure() == {"temperature": 50, "supply": 12000, "current": 500}
    assert fitted.faults() == []


def test_what_does_not_answer_is_a_fault_until_it_does():
    async def play():
        try:
            await fitted.output.on(24000)
        except OSError:
            return False
        return True

    bus = Bus()
    clocks = Clocks(24000, master=256 * 24000)
    clocks.start()
    fitted = Fitted(_ES8388, Machine(bus, Esp32Memory()), object())
    assert fitted.time() is None and fitted.measure() == {}
    assert not VirtualClock().run(play())
    assert fitted.faults() == ["ds3231-absent", "ina226-absent", "es8388-absent"]
    fitted.keep_time(1786951815)
    bus.chips.extend((Es8388(clocks), Ds3231(), Ina226()))
    fitted.keep_time(1786951815)
    assert fitted.time() == 1786951815 and fitted.measure()
    assert fitted.faults() == ["es8388-absent"]
    assert VirtualClock().run(play())
    assert fitted.faults() == []


def test_a_bus_that_hangs_is_left_alone_for_an_hour():
    bus = Bus(Ina226())
    fitted = Fitted(_ES8388, Machine(bus, Esp32Memory()), object())
    assert fitted.measure()
    bus.fail_at = bus.transfers
    assert fitted.measure() == {} and fitted.faults() == ["ina226-bus"]
    asked = bus.transfers
    for _ in range(60):
        assert fitted.measure() == {} and fitted.faults() == ["ina226-bus"]
    assert bus.transfers == asked
    assert fitted.measure() and fitted.faults() == []


def test_a_board_with_an_enabled_codec_and_no_amplifier_pin():
    async def life():
        clocks.start()
        await asyncio.sleep_ms(20)
        await fitted.output.on(32000)

    clock, clocks = VirtualClock(), Clocks(32000)
    codec = Tas5805m(clocks)
    clock.devices.extend((clocks, codec))
    wiring = {
        "master_clock": {"source": "bit-clock"},
        "i2c": _I2C,
        "codec": {"driver": "tas5805m", "address": 0x2D, "level": 0, "enable": 33, "analogue_gain": -12, "bridged": False},
    }
    machine = Machine(Bus(codec), wired={33: codec.pdn})
    fitted = Fitted(wiring, machine, object())
    assert machine.levels == {33: 0}
    clock.run(life())
    assert codec.hears()["outputs"] == {"left": -6, "right": -6}
    fitted.output.off()
    assert machine.levels == {33: 0} and not codec.pops


def test_the_master_clock_of_an_s3_leaves_by_the_pin_that_is_named():
    memory = Esp32S3Memory()
    wiring = dict(_ES8388)
    wiring["master_clock"] = {"source": "any-pin", "pin": 2}
    Fitted(wiring, Machine(Bus(), memory), object()).route_master_clock(1)
    assert memory.clock_on(2) == "i2s1"
