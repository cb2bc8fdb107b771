"""The uplink's state machine with a Wi-Fi interface that fails in all the ways the ESP32's does."""

import asyncio
import time

from support_time import VirtualClock

from node.link import uplink
from node.link.uplink import CONNECTING, DOWN, UP, Uplink

NETWORKS = (("commune", "secret"), ("backup", "word"))


class _Wlan:
    """Acts like network.WLAN: the last failure stands in status() until the next success."""

    def __init__(self):
        self.calls = []
        self.settings = {}
        self.connected = False
        self.code = 1000
        self.failing = False  # what the driver refuses: to connect while a try before is not over

    def active(self, on):
        self.calls.append("active")
        if self.failing:
            raise OSError(0x101)  # ESP_ERR_NO_MEM

    def config(self, **settings):
        self.settings.update(settings)

    def connect(self, ssid, password):
        self.calls.append(ssid)
        if self.failing:
            raise OSError(0x3006)  # ESP_ERR_WIFI_STATE
        if self.code not in (201, 202):
            self.code = 1001

    def disconnect(self):
        self.calls.append("disconnect")

    def isconnected(self):
        return self.connected

    def status(self, what=None):
        if what == "rssi":
            if not self.connected:
                raise OSError(0x300F)  # ESP_ERR_WIFI_NOT_CONNECT
            return -61
        return 1010 if self.connected else self.code

    def ifconfig(self):
        return ("10.0.0.9", "255.255.255.0", "10.0.0.1", "10.0.0.1")


class _Bench:
    def __init__(self, networks=NETWORKS):
        self.nic = _Wlan()
        self.changes = []  # the state at each
        self.uplink = Uplink("wlan", lambda: self.nic, networks, lambda: 0.5, lambda: self.changes.append(self.uplink.state))
        self.now = self.uplink._since
        self.uplink.start()

    def after(self, milliseconds):
        self.now = time.ticks_add(self.now, milliseconds)
        self.uplink.step(self.now)
        return self.uplink.state


def test_decisions():
    assert uplink.decide(DOWN, False, False, 99, 100) == uplink.STAY
    assert uplink.decide(DOWN, False, True, 100, 100) == uplink.TRY
    assert uplink.decide(DOWN, True, False, 0, 100) == uplink.ARRIVED
    assert uplink.decide(CONNECTING, False, False, 19_999, 0) == uplink.STAY
    assert uplink.decide(CONNECTING, False, False, 20_000, 0) == uplink.GIVE_UP
    assert uplink.decide(CONNECTING, False, True, 1, 0) == uplink.GIVE_UP
    assert uplink.decide(CONNECTING, True, True, 0, 0) == uplink.ARRIVED
    assert uplink.decide(UP, True, True, 0, 0) == uplink.STAY
    assert uplink.decide(UP, False, False, 0, 0) == uplink.LOST


def test_connects_awake_and_reports():
    bench = _Bench()
    assert bench.nic.settings == {"pm": 0, "reconnects": 0}
    assert bench.after(0) == CONNECTING and bench.uplink.network == "commune"
    assert bench.uplink.rssi() is None and bench.uplink.dns_servers() == ()
    bench.nic.connected = True
    assert bench.after(900) == UP and bench.uplink.why is None
    assert bench.uplink.rssi() == -61 and bench.uplink.dns_servers() == ("10.0.0.1",)


def test_known_networks_in_order_then_a_pause_that_grows():
    bench = _Bench()
    bench.after(0)
    bench.nic.code = 201
    assert bench.after(5000) == DOWN and bench.uplink.why == "no such network in range"
    assert bench.after(250) == CONNECTING and bench.uplink.network == "backup"
    assert bench.after(4750) == CONNECTING  # what stands in status() may be the failure of the first
    bench.nic.code = 202
    assert bench.after(250) == DOWN and bench.uplink.why == "wrong password"
    assert bench.after(999) == DOWN
    assert bench.after(1) == CONNECTING and bench.uplink.network == "commune"
    assert bench.nic.calls == ["active", "commune", "disconnect", "backup", "disconnect", "commune"]
    pauses = []
    for _ in range(10):
        bench.after(20_000)
        bench.after(0)
        bench.after(20_000)
        pauses.append(bench.uplink._wait_ms)
        bench.after(bench.uplink._wait_ms)
    assert pauses[:3] == [2000, 4000, 8000] and pauses[-1] == 120_000


def test_a_lost_network_is_tried_again_and_success_ends_the_pause():
    bench = _Bench()
    bench.after(0)
    bench.nic.connected = True
    bench.after(250)
    bench.nic.connected, bench.nic.code = False, 200
    assert bench.after(250) == DOWN and bench.uplink.why == "signal lost"
    assert bench.after(500) == DOWN and bench.after(500) == CONNECTING
    bench.nic.connected = True
    assert bench.after(250) == UP
    bench.nic.connected = False
    bench.after(250)
    assert bench.uplink._wait_ms == 1000


def test_a_network_that_was_just_lost_has_no_signal():
    bench = _Bench()
    bench.after(0)
    bench.nic.connected = True
    bench.after(250)
    bench.nic.connected = False
    assert bench.uplink.state == UP and bench.uplink.rssi() is None


def test_a_try_that_the_driver_refuses_is_one_that_failed():
    bench = _Bench()
    bench.nic.failing = True
    assert bench.after(0) == DOWN and "12294" in bench.uplink.why
    assert bench.after(250) == DOWN and bench.uplink.network == "backup"
    bench.nic.failing = False
    assert bench.after(999) == DOWN and bench.after(1) == CONNECTING


def test_reasons_without_words_stand_as_numbers():
    bench = _Bench()
    bench.after(0)
    bench.nic.code = 77
    bench.after(5000)
    assert bench.uplink.why == "status 77"
    bench.nic.code = 1001
    bench.after(0)
    assert bench.after(20_000) == DOWN and bench.uplink.why == "no answer"


def test_ethernet_has_no_networks_to_choose():
    bench = _Bench(networks=())
    bench.nic.code = 3
    assert bench.nic.settings == {}
    assert bench.after(0) == CONNECTING and bench.after(6000) == CONNECTING
    bench.nic.connected = True
    assert bench.after(250) == UP and bench.uplink.rssi() is None
    assert bench.nic.calls == ["active"]


def test_an_interface_that_cannot_be_switched_on_is_tried_again_and_ends_nothing():
    async def scenario():
        nic = _Wlan()
        nic.failing = True
        supervised = Uplink("wlan", lambda: nic, NETWORKS, lambda: 0.5, lambda: None)
        task = asyncio.create_task(supervised.run())
        await asyncio.sleep(150)
        assert not task.done() and len(nic.calls) == 3 and "257" in supervised.why
        nic.failing = False
        await asyncio.sleep(60)
        assert supervised.state == CONNECTING and nic.calls[3:] == ["active", "commune"]
        task.cancel()

    VirtualClock().run(scenario())


def test_a_chip_that_does_not_answer_is_tried_again_and_ends_nothing():
    """`network.LAN` asks its chip when it is made."""
    makings = []

    def make():
        makings.append(1)
        if len(makings) < 3:
            raise OSError("esp_eth_driver_install() failed")
        nic = _Wlan()
        nic.connected = True
        return nic

    async def scenario():
        supervised = Uplink("lan", make, (), lambda: 0.5, lambda: None)
        task = asyncio.create_task(supervised.run())
        await asyncio.sleep(90)
        assert not task.done() and len(makings) == 2 and supervised.dns_servers() == () and supervised.rssi() is None
        await asyncio.sleep(60)
        assert supervised.state == UP
        task.cancel()

    VirtualClock().run(scenario())


def test_others_hear_when_it_has_come_up_and_when_it_has_gone_down():
    bench = _Bench()
    bench.after(0)
    assert bench.changes == []
    bench.nic.connected = True
    bench.after(250)
    bench.after(250)
    assert bench.changes == [UP]
    bench.nic.connected = False
    bench.after(250)
    assert bench.changes == [UP, DOWN]
