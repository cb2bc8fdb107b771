"""The radio while the page is open: an access point for phones, a look around, and a try of the network that was chosen."""

import asyncio
import time

from micropython import const

_SHOWN = const(20)
_TRY_MS = const(25_000)
_SETTLE_MS = const(3_000)  # status() tells the failure of the try before until then
_POLL_MS = const(250)
_SECURITY = const(3)  # WLAN.SEC_WPA2; 1.23 calls it network.AUTH_WPA2_PSK
_PHONES = const(4)
_OPEN = const(0)
_IDLE = const(1000)
_CONNECTING = const(1001)
_GOT_IP = const(1010)
_REASONS = {15: "wrong", 202: "wrong", 204: "wrong", 205: "wrong", 201: "far", 200: "far", 212: "far", 5: "full"}

TRYING = "trying"
DONE = "done"
FAILED = "silent"  # no answer in time; the other failures are the values of `_REASONS`


class Radio:
    """`station`, `access_point`: the two interfaces of `network.WLAN`."""

    def __init__(self, station, access_point):
        self._station = station
        self._point = access_point
        self.found = ()  # (ssid in bytes, signal in dBm, True if it wants a password), strongest first
        self.state = None  # of the last try: TRYING, DONE or why not
        self.tried = None

    def open(self, name, password):
        """Open the access point; returns this node's address there."""
        self._station.active(True)
        self._point.active(True)
        self._point.config(ssid=name, key=password, security=_SECURITY, max_clients=_PHONES)
        return self._point.ifconfig()[0]

    def close(self):
        """Nobody gets in any more."""
        self._point.active(False)
        self._station.disconnect()

    def look(self):
        """Scan; holds everything for some seconds. A failed scan leaves what was found before."""
        try:
            seen = self._station.scan()
        except OSError as error:
            print("scan:", error)
            return
        best = {}
        for ssid, _, _, signal, security, _ in seen:
            if ssid.strip(b"\0") and (ssid not in best or best[ssid][0] < signal):
                best[ssid] = (signal, security != _OPEN)
        strongest = sorted(best, key=lambda ssid: -best[ssid][0])
        self.found = tuple((ssid,) + best[ssid] for ssid in strongest[:_SHOWN])

    async def join(self, ssid, password):
        """Try a network; True when the node has an address there. `state` says how it goes."""
        self.tried, self.state = ssid, TRYING
        self._station.disconnect()
        try:
            self._station.connect(ssid, password)
        except OSError as error:  # the driver is still busy with what was before
            print("radio:", error)
            self.state = FAILED
            return False
        self.state = await self._outcome()
        if self.state != DONE:
            self._station.disconnect()
        return self.state == DONE

    async def _outcome(self):
        started = time.ticks_ms()
        while time.ticks_diff(time.ticks_ms(), started) < _TRY_MS:
            if self._station.isconnected():
                return DONE
            status = self._station.status()
            settled = time.ticks_diff(time.ticks_ms(), started) >= _SETTLE_MS
            if settled and status not in (_IDLE, _CONNECTING, _GOT_IP):
                return _REASONS.get(status, FAILED)
            await asyncio.sleep_ms(_POLL_MS)
        return FAILED
