"""Keeps one interface, Wi-Fi or Ethernet, connected for months: several known networks in order, back-off, and the reason why it is not.

`decide` is the whole state machine and pure; `Uplink` reads the interface, does what was decided and tells the rest of the node. Whether the
network leads anywhere is judged by who talks over it, not here.
"""

import asyncio
import time

from micropython import const

from node.link.backoff import Backoff

DOWN = "down"  # nothing under way; waiting before the next try
CONNECTING = "connecting"
UP = "up"

_TICK_MS = const(250)
_TRY_MS = const(20_000)  # association, four-way handshake and DHCP
_SETTLE_MS = const(5_000)  # status() tells the last failure until the next success: before that it may be of the try before
_DEAD_MS = const(60_000)  # between two tries to switch the interface on
_FIRST_MS = const(1_000)
_LONGEST_MS = const(120_000)
_PM_NONE = const(0)  # WLAN.PM_NONE: modem sleep would delay every packet by up to 300 ms

# WLAN.status() of the ESP32 port (network.STAT_*; esp_wifi_types.h, wifi_err_reason_t)
_IDLE = const(1000)
_CONNECTING = const(1001)
_GOT_IP = const(1010)
_REASONS = {
    2: "authentication expired",
    5: "access point is full",
    15: "wrong password",
    200: "signal lost",
    201: "no such network in range",
    202: "wrong password",
    203: "access point refused",
    204: "wrong password or signal too weak",
    205: "wrong password or signal too weak",
    210: "another security than known",
    211: "another security than known",
    212: "signal too weak",
    _IDLE: "no answer",
    _CONNECTING: "no answer",
    _GOT_IP: "connection lost",
}

# What `decide` answers
STAY = "stay"
TRY = "try"  # connect to the next network
ARRIVED = "arrived"
LOST = "lost"
GIVE_UP = "give up"  # this network, for now


def decide(state, connected, failed, elapsed_ms, wait_ms):
    """What to do next. `failed`: the interface reports why a try ended; `elapsed_ms` since the state was entered; `wait_ms` to stay down.

    | state      | connected | failed or too long | otherwise              |
    |------------|-----------|--------------------|------------------------|
    | down       | ARRIVED   | TRY after wait_ms  | TRY after wait_ms      |
    | connecting | ARRIVED   | GIVE_UP            | STAY                   |
    | up         | STAY      | LOST               | LOST                   |
    """
    if state == UP:
        return STAY if connected else LOST
    if connected:
        return ARRIVED
    if state == CONNECTING:
        return GIVE_UP if failed or elapsed_ms >= _TRY_MS else STAY
    return TRY if elapsed_ms >= wait_ms else STAY


class Uplink:
    """`name`: as told in `state` ("wlan", "lan"); `make()`: a network.WLAN or network.LAN, OSError where it cannot be made; `networks`: (ssid, password)
    pairs in order, empty for a LAN. `on_changed()` is called when the interface has come up or gone down."""

    def __init__(self, name, make, networks, chance, on_changed):
        self.name = name
        self.state = DOWN
        self.why = "not started"  # why it is not up; None while it is
        self.network = None  # name of the Wi-Fi network in use or tried
        self._make = make
        self._nic = None
        self._networks = networks
        self._next = 0
        self._backoff = Backoff(_FIRST_MS, _LONGEST_MS, chance)
        self._wait_ms = 0
        self._since = time.ticks_ms()
        self._on_changed = on_changed

    async def run(self):
        """Task: never ends. An interface that cannot be switched on is tried again: the node plays on without it."""
        while not self._is_on():
            await asyncio.sleep_ms(_DEAD_MS)
        while True:
            self.step(time.ticks_ms())
            await asyncio.sleep_ms(_TICK_MS)

    def _is_on(self):
        try:
            self.start()
        except OSError as error:
            self.why = f"the driver refuses: {error}"
            print("uplink:", self.why)
            return False
        return True

    def start(self):
        """Make the interface and switch it on, awake all the time, and leave reconnecting to this supervisor."""
        self._nic = self._make()
        self._nic.active(True)
        if self._networks:
            self._nic.config(pm=_PM_NONE)
            self._nic.config(reconnects=0)

    def step(self, now):
        """Look once at the interface, at ticks `now`, and act."""
        connected = self._nic.isconnected()
        status = self._nic.status()
        failed = bool(self._networks) and status not in (_IDLE, _CONNECTING, _GOT_IP)
        elapsed_ms = time.ticks_diff(now, self._since)
        action = decide(self.state, connected, failed and elapsed_ms >= _SETTLE_MS, elapsed_ms, self._wait_ms)
        if action == ARRIVED:
            self._backoff.reset()
            self._enter(UP, None, now)
        elif action == LOST:
            self._next = 0
            self._wait_ms = self._backoff.next()
            self._enter(DOWN, _reason(status), now)
        elif action == TRY:
            self._try(now)
        elif action == GIVE_UP:
            self._give_up(_reason(status), now)

    def _try(self, now):
        self._enter(CONNECTING, "connecting", now)
        if self._networks:
            self.network, password = self._networks[self._next]
            try:
                self._nic.connect(self.network, password)
            except OSError as error:  # the driver is still busy with the try before
                self._give_up(f"the driver refuses: {error}", now)

    def _give_up(self, why, now):
        """The next network at once, or after a round of all of them a pause."""
        self._next += 1
        self._wait_ms = 0
        if self._next >= len(self._networks):
            self._next = 0
            self._wait_ms = self._backoff.next()
        if self._networks:
            self._nic.disconnect()
        self._enter(DOWN, why, now)

    def _enter(self, state, why, now):
        changed = UP in (state, self.state)
        self.state = state
        self.why = why
        self._since = now
        if changed:
            self._on_changed()

    def rssi(self):
        """Signal in dBm, or None without Wi-Fi or while down."""
        if not self._networks or self.state != UP:
            return None
        try:
            return self._nic.status("rssi")
        except OSError:  # lost since `step` looked
            return None

    def dns_servers(self):
        """Addresses that DHCP named, for `resolver.Resolver`; empty while down."""
        server = self._nic.ifconfig()[3] if self.state == UP else "0.0.0.0"
        return () if server == "0.0.0.0" else (server,)


def _reason(status):
    """What a status says to a technician; numbers it has no words for stand as they are. A LAN's say nothing but whether there is a link."""
    return _REASONS.get(status, f"status {status}")
