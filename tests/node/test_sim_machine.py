"""The emulated chip at the API of `machine`, `network` and `esp32`, on a bench without a supervisor."""

import asyncio

import esp32
import machine
import micropython
import network

from loa.sim.hardware import partitions


def _refuses(error, call, *arguments, **settings):
    try:
        call(*arguments, **settings)
    except error:
        return
    raise AssertionError("not refused")


def _i2s(**others):
    settings = {"mode": machine.I2S.TX, "bits": 16, "format": machine.I2S.MONO, "rate": 24000, "ibuf": 4096}
    settings.update(others)
    return machine.I2S(0, sck=machine.Pin(26), ws=machine.Pin(22), sd=machine.Pin(21), **settings)


def test_chip_wakes_slow_and_takes_the_full_clock():
    assert machine.reset_cause() == machine.PWRON_RESET
    assert len(machine.unique_id()) == 6
    machine.freq(160_000_000)
    machine.freq(240_000_000)
    assert machine.freq() == 240_000_000
    _refuses(ValueError, machine.freq, 200_000_000)


def test_rtc_counts_from_what_was_set():
    rtc = machine.RTC()
    rtc.datetime((2026, 8, 17, 0, 5, 30, 15, 0))
    assert machine.RTC().datetime()[:6] == (2026, 8, 17, 0, 5, 30)  # a Monday
    rtc.memory(b"kept")
    assert machine.RTC().memory() == b"kept"


def test_pin_keeps_its_level_over_objects():
    pin = machine.Pin(25, machine.Pin.OUT, value=0)
    pin.on()
    assert machine.Pin(25).value() == 1
    machine.Pin(25)(0)
    assert pin.value() == 0
    assert machine.Pin(4, machine.Pin.IN, machine.Pin.PULL_UP).value() == 1


async def test_i2s_calls_back_once_for_each_write():
    flag = asyncio.ThreadSafeFlag()
    called = []

    def copied(i2s):
        called.append(i2s)
        flag.set()

    i2s = _i2s()
    i2s.irq(copied)
    block = bytes(1024)
    for count in range(1, 4):
        assert i2s.write(block) == 1024
        await asyncio.wait_for_ms(flag.wait(), 5_000)
        assert len(called) == count
    i2s.deinit()
    _refuses(OSError, i2s.write, block)


async def test_i2s_works_while_the_program_allocates_nothing():
    i2s = _i2s()
    copied = [0]

    def count(_):
        copied[0] += 1

    i2s.irq(count)
    block = bytes(1024)
    micropython.heap_lock()
    try:
        i2s.write(block)
    finally:
        micropython.heap_unlock()
    while not copied[0]:
        await asyncio.sleep_ms(1)
    i2s.deinit()


def test_i2s_refuses_what_the_firmware_must_not_use():
    _refuses(ValueError, _i2s, mode=machine.I2S.RX)
    _refuses(ValueError, _i2s, bits=24)
    blocking = _i2s()
    _refuses(ValueError, blocking.write, bytes(512))
    blocking.deinit()


async def test_timer_comes_once_or_again():
    counts = [0, 0]

    def once(_):
        counts[0] += 1

    def again(timer):
        counts[1] += 1
        if counts[1] == 3:
            timer.deinit()

    machine.Timer(0, mode=machine.Timer.ONE_SHOT, period=10, callback=once)
    machine.Timer(1, mode=machine.Timer.PERIODIC, period=10, callback=again)
    while counts[1] < 3:
        await asyncio.sleep_ms(10)
    await asyncio.sleep_ms(50)
    assert counts == [1, 3]


async def test_station_associates_and_gets_an_address():
    wlan = network.WLAN(network.STA_IF)
    assert not wlan.isconnected()
    _refuses(OSError, wlan.connect, "loa", "secret")
    wlan.active(True)
    wlan.config(pm=network.WLAN.PM_NONE)
    wlan.connect("loa", "secret")
    assert wlan.status() == network.STAT_CONNECTING and wlan.ifconfig()[0] == "0.0.0.0"
    while not wlan.isconnected():
        await asyncio.sleep_ms(50)
    assert wlan.status() == network.STAT_GOT_IP and wlan.ifconfig()[0] == "127.0.0.1"
    assert wlan.config("pm") == network.WLAN.PM_NONE and wlan.status("rssi") < 0
    wlan.active(False)
    assert not wlan.isconnected()


def test_nvs_keeps_what_was_committed():
    nvs = esp32.NVS("test")
    nvs.set_i32("boots", 7)
    nvs.set_blob("name", b"abc")
    _refuses(OSError, esp32.NVS("test").get_i32, "boots")
    nvs.commit()
    again = esp32.NVS("test")
    assert again.get_i32("boots") == 7
    buffer = bytearray(8)
    assert again.get_blob("name", buffer) == 3 and buffer[:3] == b"abc"
    _refuses(OSError, again.get_i32, "name")
    again.erase_key("boots")
    again.commit()
    _refuses(OSError, esp32.NVS("test").get_i32, "boots")


def test_a_blank_chip_has_no_partitions():
    assert esp32.Partition.find(esp32.Partition.TYPE_DATA) == []
    _refuses(OSError, esp32.Partition, "vfs")


def test_partition_table_is_read_as_it_was_written():
    written = [partitions.Entry("vfs", 1, 0x81, 0x1B0000, 0x20000), partitions.Entry("fifteen-letters", 1, 0x40, 0x230000, 0x10000)]
    table = partitions.pack(written)
    assert len(table) == 0xC00 and table[:2] == b"\xaa\x50"
    read = partitions.unpack(table)
    assert [(one.label, one.type, one.subtype, one.address, one.size) for one in read] == [
        ("vfs", 1, 0x81, 0x1B0000, 0x20000),
        ("fifteen-letters", 1, 0x40, 0x230000, 0x10000),
    ]


def test_a_damaged_partition_table_is_refused():
    table = bytearray(partitions.pack([partitions.Entry("vfs", 1, 0x81, 0x1B0000, 0x20000)]))
    table[8] ^= 1
    _refuses(ValueError, partitions.unpack, table)
    table[0] ^= 1
    _refuses(ValueError, partitions.unpack, table)
