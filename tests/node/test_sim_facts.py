"""What the emulated board does that a program notices: reasons of Wi-Fi, lost callbacks, erases, chips on I2C, an amplifier out of order."""

import asyncio
import errno
import select
import time

import esp32
import machine
import network
from chip import CHIP

from loa.sim.esp32 import fitting
from loa.sim.esp32.idf_heap import Heap
from loa.sim.esp32.nvs import erase_if_full
from loa.sim.hardware import partitions, surroundings
from loa.sim.hardware.dma import BUFFER_FRAMES
from node.health import last_words


def _refuses(error, call, *arguments, **settings):
    try:
        call(*arguments, **settings)
    except error as refused:
        return refused
    raise AssertionError("not refused")


class _Around:
    """The world with some things changed for the length of a block."""

    def __init__(self, **changed):
        self._changed = changed

    def __enter__(self):
        self._before = {name: CHIP.world[name] for name in self._changed}
        CHIP.world.update(self._changed)

    def __exit__(self, *_):
        CHIP.world.update(self._before)


def _station(reconnects=0):
    wlan = network.WLAN(network.STA_IF)
    wlan.active(True)
    wlan.config(reconnects=reconnects)
    wlan.connect("loa", "secret")
    return wlan


async def _until(condition):
    for _ in range(2_000):
        if condition():
            return
        await asyncio.sleep_ms(5)
    raise AssertionError("it did not become true")


async def test_reasons_of_wifi_are_told_apart():
    reasons = ((surroundings.GONE, 201), (surroundings.WRONG_PASSWORD, 202), (surroundings.FULL, 5))
    for link, reason in reasons:
        with _Around(link=link):
            wlan = _station()
            assert wlan.status() == network.STAT_CONNECTING
            await _until(lambda: wlan.status() != network.STAT_CONNECTING)
            assert wlan.status() == reason and not wlan.isconnected()
    wlan.active(False)


async def test_a_lost_access_point_is_tried_again_where_that_was_asked_for_and_modem_sleep_is_on_until_switched_off():
    wlan = _station(reconnects=0)
    await _until(wlan.isconnected)
    with _Around(link=surroundings.GONE):
        assert wlan.status() == network.STAT_BEACON_TIMEOUT
    assert not wlan.isconnected()
    wlan = _station(reconnects=-1)
    await _until(wlan.isconnected)
    with _Around(link=surroundings.GONE):
        assert wlan.status() == network.STAT_CONNECTING
    await _until(wlan.isconnected)
    _sleeps_until_it_is_told_not_to(wlan)


def _sleeps_until_it_is_told_not_to(wlan):
    assert wlan.config("pm") != network.WLAN.PM_NONE
    assert CHIP.radio_sleeps
    wlan.config(pm=network.WLAN.PM_NONE)
    assert not CHIP.radio_sleeps
    wlan.config(pm=network.WLAN.PM_PERFORMANCE)
    wlan.active(False)
    assert not CHIP.radio_sleeps


def test_a_scan_holds_the_program_for_more_than_a_second():
    wlan = network.WLAN(network.STA_IF)
    wlan.active(True)
    begun = time.ticks_ms()
    assert wlan.scan()
    assert time.ticks_diff(time.ticks_ms(), begun) > 1_000
    wlan.active(False)
    _refuses(OSError, wlan.scan)


async def test_ppp_comes_up_over_a_modem_and_goes_with_the_network():
    ppp = network.PPP(machine.UART(1))
    _refuses(OSError, ppp.connect)
    ppp.active(True)
    ppp.connect(authmode=ppp.AUTH_PAP, username="u", password="p")
    assert not ppp.isconnected() and ppp.ifconfig()[0] == "0.0.0.0"
    await _until(ppp.isconnected)
    assert ppp.ifconfig()[0] == "127.0.0.1" and ppp.status() == 0
    with _Around(link=surroundings.GONE):
        assert not ppp.isconnected() and ppp.status() != 0
    ppp.disconnect()
    assert not ppp.isconnected()


def test_lan_has_an_address_while_its_cable_is_in():
    lan = network.LAN(mdc=machine.Pin(23), mdio=machine.Pin(18), phy_type=network.PHY_LAN8720, phy_addr=1)
    assert lan.status() == network.ETH_STARTED and not lan.isconnected()
    lan.active(True)
    assert lan.isconnected() and lan.status() == network.ETH_GOT_IP
    with _Around(link=surroundings.GONE):
        assert not lan.isconnected() and lan.ifconfig()[0] == "0.0.0.0"


async def test_a_callback_that_finds_no_room_never_comes():
    came = []
    with _Around(lose=2):
        timers = [machine.Timer(number, mode=machine.Timer.ONE_SHOT, period=10, callback=came.append) for number in range(3)]
        await asyncio.sleep_ms(100)
    assert len(timers) == 3 and len(came) == 1


async def test_an_early_second_write_to_i2s_is_lost_though_it_is_said_to_be_taken():
    done = []
    i2s = machine.I2S(
        0,
        sck=machine.Pin(26),
        ws=machine.Pin(22),
        sd=machine.Pin(21),
        mode=machine.I2S.TX,
        bits=16,
        format=machine.I2S.MONO,
        rate=24000,
        ibuf=8192,
    )
    i2s.irq(done.append)
    block = bytes(2 * 2 * BUFFER_FRAMES)
    assert i2s.write(block) == len(block) and i2s.write(block) == len(block)
    await asyncio.sleep_ms(150)
    assert len(done) == 1
    i2s.deinit()


class _Partition:
    """Three blocks of the bench's flash as a partition, for the length of a block."""

    def __enter__(self):
        return _partition()

    def __exit__(self, *_):
        CHIP.flash.ioctl(6, partitions.ADDRESS // 4096)


def _partition():
    table = partitions.pack([partitions.Entry("facts", 1, 0x40, 0xC000, 0x3000)])
    CHIP.flash.writeblocks(partitions.ADDRESS // 4096, table + b"\xff" * (4096 - len(table)))
    return esp32.Partition.find(esp32.Partition.TYPE_DATA, label="facts")[0]


def test_flash_is_programmed_from_one_to_zero_and_erased_by_blocks():
    with _Partition() as partition:
        assert (partition.ioctl(4, 0), partition.ioctl(5, 0)) == (3, 4096)
        partition.ioctl(6, 1)
        partition.writeblocks(1, b"\xf0\x0f", 7)
        partition.writeblocks(1, b"\x3c", 7)
        found = bytearray(3)
        partition.readblocks(1, found, 6)
        assert bytes(found) == b"\xff\x30\x0f"
        partition.ioctl(6, 1)
        partition.readblocks(1, found, 6)
        assert bytes(found) == b"\xff\xff\xff"
        _refuses(OSError, partition.writeblocks, 3, b"x", 0)


def test_an_erase_holds_the_program_as_long_as_the_data_sheet_says():
    with _Partition() as partition:
        with _Around(erase_ms=[45, 45]):
            begun = time.ticks_ms()
            partition.ioctl(6, 0)
            assert time.ticks_diff(time.ticks_ms(), begun) >= 44
        with _Around(erase_ms=[400, 400]):
            begun = time.ticks_ms()
            partition.writeblocks(0, bytes(4096))
            assert time.ticks_diff(time.ticks_ms(), begun) >= 399
        begun = time.ticks_ms()
        partition.writeblocks(0, bytes(4096), 0)
        assert time.ticks_diff(time.ticks_ms(), begun) < 400  # programming erases nothing


def test_an_adc_shows_the_voltage_up_to_its_range():
    with _Around(volts={"34": 1_200_000}):
        adc = machine.ADC(machine.Pin(34), atten=machine.ADC.ATTN_11DB)
        assert adc.read_uv() == 1_200_000 and 31_000 < adc.read_u16() < 33_000 and adc.read() == 2005
        adc.atten(machine.ADC.ATTN_0DB)
        assert adc.read_u16() == 65_535
    assert machine.ADC(machine.Pin(34)).read_u16() == 0


def test_a_full_nvs_takes_nothing_more_and_is_erased_at_the_next_start():
    nvs = esp32.NVS("full")
    for number in range(630):
        try:
            nvs.set_i32("n{}".format(number), number)
        except OSError as full:
            assert number > 500 and full.args[0] == -0x1105
            break
    else:
        raise AssertionError("it took more than there is room for")
    nvs.commit()
    assert esp32.NVS("full").get_i32("n7") == 7
    erase_if_full()
    _refuses(OSError, esp32.NVS("full").get_i32, "n7")
    esp32.NVS("full").set_blob("b", bytes(4000))


def test_damaged_rtc_memory_is_handed_out_without_a_word():
    rtc = machine.RTC()
    last_words.leave(rtc, "fetcher")
    damaged = bytearray(rtc.memory())
    damaged[0] ^= 1
    CHIP.rtc.memory = bytes(damaged)
    assert rtc.memory() == bytes(damaged)
    assert not last_words.take(rtc)


def test_a_poll_ends_on_the_tick_and_not_before():
    if not hasattr(asyncio, "core"):
        return  # CPython has its own
    ticks = []
    listener = ticks.append
    CHIP.pulse.subscribe(listener)
    for timeout in (1, 5, 3):
        seen = len(ticks)
        select.poll().poll(timeout)
        assert len(ticks) > seen
    CHIP.pulse.unsubscribe(listener)


class _Chip:
    address = 0x1A

    def __init__(self):
        self.cells = bytearray(range(16))
        self.waited_us = 0

    def answers(self):
        return True

    def read(self, register, buffer):
        buffer[:] = self.cells[register : register + len(buffer)]

    def write(self, register, octets):
        self.cells[register : register + len(octets)] = octets

    def advance(self, us):
        self.waited_us += us


def test_chips_on_i2c_are_those_that_were_fitted():
    fitting.put({("i2c", 1): [_Chip()]})
    bus = machine.I2C(1, scl=machine.Pin(22), sda=machine.Pin(21), freq=100_000)
    assert bus.scan() == [0x1A]
    bus.writeto_mem(0x1A, 3, b"\xaa\xbb")
    assert bus.readfrom_mem(0x1A, 2, 4) == b"\x02\xaa\xbb\x05"
    bus.writeto(0x1A, b"\x04")
    assert bus.readfrom(0x1A, 1) == b"\xbb"
    assert _refuses(OSError, bus.readfrom_mem, 0x1B, 0, 1).args[0] == errno.ENODEV
    assert machine.I2C(0).scan() == []


class _Modem:
    def __init__(self):
        self.heard = b""

    def hear(self, octets):
        self.heard += octets

    def say(self):
        said, self.heard = (b"OK\r\n", b"") if self.heard.endswith(b"\r") else (b"", self.heard)
        return said


def test_whoever_is_at_a_uart_hears_and_answers():
    fitting.put({("uart", 2): _Modem()})
    uart = machine.UART(2, 115_200)
    assert uart.write(b"AT") == 2 and uart.read() is None
    uart.write(b"\r")
    assert uart.readline() == b"OK\r\n" and uart.any() == 0
    assert machine.UART(1).read() is None
    _refuses(ValueError, machine.UART, 0)


def test_registers_keep_what_is_written():
    machine.mem32[0x3FF49000] = machine.mem32[0x3FF49000] | 0xF
    assert machine.mem32[0x3FF49000] == 0xF
    _refuses(ValueError, machine.mem32.__getitem__ if hasattr(machine.mem32, "__getitem__") else None, 2)


def test_idf_heap_has_room_for_a_ring_beside_a_session_without_psram():
    heap = Heap()
    heap.open_session(False)
    assert _refuses(OSError, heap.open_ring, 24_576, False).args[0] == errno.ENOMEM
    heap.open_ring(8_192, False)
    assert heap.region(False)[1] > 13_000
    heap.close_session()
    heap.close_ring()
    heap.open_ring(16_384, False)
    assert _refuses(OSError, heap.open_session, False).args[0] == errno.ENOMEM
    heap.close_ring()
    heap.open_session(False)
    heap.open_ring(24_576, True)


def test_idf_heap_has_room_for_one_session_without_psram():
    heap = Heap()
    before = heap.region(False)
    heap.open_session(False)
    assert _refuses(OSError, heap.open_session, False).args[0] == errno.ENOMEM
    during = heap.region(False)
    heap.close_session()
    after = heap.region(False)
    assert 25_000 <= before[1] - during[1] <= 31_000 and during[2] < 20_480 <= before[2]
    assert after[1] == before[1] and after[3] == during[1]
    heap.open_session(True)
    heap.open_session(True)
