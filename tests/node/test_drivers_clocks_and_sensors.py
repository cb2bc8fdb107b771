"""Battery clocks, supply sensors and clock outputs on models written from their data sheets."""

import errno

from model_bus import Bus, Misuse
from model_clocks_and_sensors import Ds3231, Ina219, Ina226, Pcf8563
from model_pins import Esp32Memory, Esp32S3Memory

from node.drivers import calendar_bytes, chip_temperature, ds3231, ina219, ina226, master_clock, pcf8563
from node.drivers.registers import Fault

_DAY_S = 86400
_2000 = 946684800
_2100 = 4102444800
_CLOCKS = ((Ds3231, ds3231), (Pcf8563, pcf8563))


def _code(call, *arguments):
    try:
        call(*arguments)
    except Fault as fault:
        return fault.code
    raise AssertionError("no fault")


def test_a_clock_keeps_what_it_is_set_to():
    for model, driver in _CLOCKS:
        chip = model()
        clock = driver.Driver(Bus(chip), {"address": chip.address})
        for unix in (_2000, 1709210096, 1735689599, 1772323199, 1786951815, _2100 - 1):
            clock.write(unix)
            assert clock.read() == unix
            for seconds in (1, 59, 3600, 40 * _DAY_S, 400 * _DAY_S):
                if unix + seconds < _2100:
                    clock.write(unix)
                    chip.advance(seconds * 1_000_000)
                    assert clock.read() == unix + seconds, (driver.__name__, unix, seconds)


def test_a_clock_that_stood_still_says_so_until_it_is_set():
    for model, driver in _CLOCKS:
        chip = model()
        clock = driver.Driver(Bus(chip), {"address": chip.address})
        assert clock.read() is None
        clock.write(1786951815)
        assert clock.read() == 1786951815
        chip.die()
        assert clock.read() is None
        clock.write(1786951815)
        assert clock.read() == 1786951815


def test_a_clock_with_an_impossible_date_is_not_believed():
    chip = Ds3231()
    clock = ds3231.Driver(Bus(chip), {"address": chip.address})
    clock.write(1786951815)
    for part, value in (("month", 0), ("month", 13), ("day", 0), ("hour", 52), ("minute", 75), ("second", 60)):
        kept = getattr(chip.date, part)
        setattr(chip.date, part, value)
        assert clock.read() is None, part
        setattr(chip.date, part, kept)
    assert calendar_bytes.to_unix(0x26, 0x0A, 1, 0, 0, 0) is None


def test_every_day_of_the_century_there_and_back():
    for day in range(0, 36525, 7):
        unix = _2000 + day * _DAY_S + day
        numbers, weekday = calendar_bytes.from_unix(unix)
        assert calendar_bytes.to_unix(*numbers) == unix
        assert weekday == (day + 5) % 7  # 2000 began on a Saturday


def test_an_absent_clock_is_a_fault():
    for model, driver in _CLOCKS:
        clock = driver.Driver(Bus(), {"address": 0x68})
        name = driver.__name__.rpartition(".")[2]
        assert _code(clock.read) == _code(clock.write, _2000) == name + "-absent"
        bus = Bus(model(0x68))
        bus.fail_at = 0
        bus.error = errno.ETIMEDOUT
        assert _code(driver.Driver(bus, {"address": 0x68}).read) == name + "-bus"


def test_supply_is_measured():
    for model, driver, milliohm, volts_step, amperes_step in ((Ina219, ina219, 100, 4, 0.1), (Ina226, ina226, 10, 2, 0.25)):
        chip = model()
        sensor = driver.Driver(Bus(chip), {"address": chip.address, "shunt_milliohm": milliohm})
        for volts, amperes in ((0.0, 0.0), (5.0, 0.35), (12.6, 2.5), (24.0, -1.25), (11.0, -0.003)):
            chip.volts, chip.amperes = volts, amperes
            read = sensor.read()
            assert abs(read["supply"] - volts * 1000) <= volts_step, (driver.__name__, volts, read)
            assert abs(read["current"] - amperes * 1000) <= amperes_step + 1, (driver.__name__, amperes, read)


def test_another_chip_is_no_supply_sensor():
    chip = Ina226()
    assert _code(ina219.Driver(Bus(chip), {"address": 0x40, "shunt_milliohm": 100}).read) == "ina219-wrong"
    chip = Ina226()
    chip.values[0xFE] = 0x1234
    assert _code(ina226.Driver(Bus(chip), {"address": 0x40, "shunt_milliohm": 100}).read) == "ina226-wrong"
    for driver in (ina219, ina226):
        assert _code(driver.Driver(Bus(), {"address": 0x40, "shunt_milliohm": 100}).read).endswith("-absent")


def test_master_clock_of_an_esp32_comes_out_of_gpio0():
    memory = Esp32Memory()
    assert memory.clock_on_gpio0() is None
    for unit, name in ((0, "i2s0"), (1, "i2s1"), (0, "i2s0")):
        master_clock.to_clk_out1(memory, unit)
        assert memory.clock_on_gpio0() == name


def test_master_clock_of_an_esp32s3_comes_out_of_any_pin():
    for unit, name in ((0, "i2s0"), (1, "i2s1")):
        for pin in (0, 2, 21, 48):
            memory = Esp32S3Memory()
            master_clock.to_any_pin(memory, unit, pin)
            assert [one for one in range(49) if memory.clock_on(one)] == [pin] and memory.clock_on(pin) == name


def test_chip_temperature_by_what_the_chip_has():
    class Esp32S3:
        def mcu_temperature(self):
            return 41.8

    class Esp32:
        def raw_temperature(self):
            return 131

    assert chip_temperature.celsius(Esp32S3()) == 41
    assert chip_temperature.celsius(Esp32()) == 55
    assert chip_temperature.celsius(object()) is None


def test_the_models_refuse_what_the_data_sheets_forbid():
    refused = 0
    for chip, register, data in (
        (Ds3231(), 0x13, b"\x00"),
        (Ds3231(), 0x00, b"\x5a"),
        (Ds3231(), 0x03, b"\x00"),
        (Ds3231(), 0x0E, b"\x80"),
        (Pcf8563(), 0x02, b"\x00"),
        (Pcf8563(), 0x00, b"\x08"),
        (Ina219(), 0x01, b"\x00\x00"),
        (Ina226(), 0xFE, b"\x00\x00"),
    ):
        try:
            chip.write(register, data)
        except Misuse:
            refused += 1
    assert refused == 8
