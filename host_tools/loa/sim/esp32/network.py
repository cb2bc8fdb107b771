"""`network`: a station interface whose access point may be away, full or have another password, a LAN interface with a cable in it, and PPP.

All end at the host's own network. Cutting the link takes the address away; what it does to sockets is the runtime's `socket`.
"""

from chip import CHIP

from loa.sim.esp32.ppp import PPP
from loa.sim.hardware.surroundings import FULL, GONE, UP, WRONG_PASSWORD

STA_IF = 0
AP_IF = 1
STAT_IDLE = 1000
STAT_CONNECTING = 1001
STAT_GOT_IP = 1010
STAT_BEACON_TIMEOUT = 200
STAT_NO_AP_FOUND = 201
STAT_WRONG_PASSWORD = 202
STAT_ASSOC_FAIL = 203
STAT_HANDSHAKE_TIMEOUT = 204
ETH_INITIALIZED = 0
ETH_STARTED = 1
ETH_STOPPED = 2
ETH_CONNECTED = 3
ETH_DISCONNECTED = 4
ETH_GOT_IP = 5
PHY_LAN8710 = 0
PHY_LAN8720 = 1
PHY_IP101 = 2
PHY_RTL8201 = 3
PHY_DP83848 = 4
PHY_KSZ8041 = 5
AUTH_OPEN = 0
AUTH_WPA2_PSK = 3

_ADDRESSES = ("127.0.0.1", "255.0.0.0", "127.0.0.1", "127.0.0.1")
_NO_ADDRESSES = ("0.0.0.0", "0.0.0.0", "0.0.0.0", "0.0.0.0")
_ASSOCIATION_US = 1_000_000
_SCAN_US = 1_560_000  # 13 channels of 120 ms (ESP-IDF, default of an active scan)
_RSSI = -61
_TOO_MANY = 5  # WIFI_REASON_ASSOC_TOOMANY
_FAILURES = {
    GONE: (_SCAN_US, STAT_NO_AP_FOUND),
    WRONG_PASSWORD: (2_000_000, STAT_WRONG_PASSWORD),
    FULL: (_ASSOCIATION_US, _TOO_MANY),
}  # after, why
_FOR_EVER = -1

__all__ = [
    name
    for name in globals()
    if name.isupper() and not name.startswith("_") and name not in ("CHIP", "FULL", "GONE", "UP", "WRONG_PASSWORD")
]
__all__ += ["LAN", "PPP", "WLAN", "country", "hostname"]


class WLAN:
    """The radio. Its state is the chip's: every object of an interface is the same. `status()` tells as the ESP32 port does why it is not connected."""

    IF_STA = STA_IF
    IF_AP = AP_IF
    PM_NONE = 0
    PM_PERFORMANCE = 1
    PM_POWERSAVE = 2
    SEC_WPA_WPA2 = 4
    _state = {
        "active": False,
        "since": None,  # when the attempt under way began
        "associated": False,
        "attempts": 0,  # that failed one after the other
        "reason": None,
        "ssid": None,
        "configured": {"pm": PM_PERFORMANCE, "hostname": "mpy-esp32", "reconnects": _FOR_EVER},
    }

    def __new__(cls, interface=STA_IF):
        return object.__new__(AccessPoint if interface == AP_IF else cls)

    def __init__(self, interface=STA_IF):
        pass

    def active(self, on=None):
        if on is None:
            return self._state["active"]
        self._state["active"] = bool(on)
        if not on:
            self.disconnect()
        return self._state["active"]

    def connect(self, ssid=None, key=None, *, bssid=None):
        """Begin to associate; in reach every name is right."""
        if not self._state["active"]:
            raise OSError(0x3002)  # ESP_ERR_WIFI_NOT_STARTED
        self._state.update({"ssid": ssid, "since": CHIP.host.now_us(), "associated": False, "attempts": 0})

    def disconnect(self):
        self._state.update({"since": None, "associated": False})
        self._tell_radio()

    def scan(self):
        """Holds the program for as long as a scan takes; the networks in reach as the port lists them."""
        if not self._state["active"]:
            raise OSError(0x3002)
        CHIP.charge(_SCAN_US)
        if CHIP.world["link"] == GONE:
            return []
        return [((self._state["ssid"] or "loa").encode(), b"\x02loa\x00\x01", 6, _RSSI, AUTH_WPA2_PSK, False)]

    def status(self, what=None):
        if what == "rssi":
            if not self.isconnected():
                raise OSError(0x300F)  # ESP_ERR_WIFI_NOT_CONNECT
            return _RSSI
        if what is not None:
            raise ValueError("unknown status param")
        self._look()
        state = self._state
        if state["associated"]:
            return STAT_GOT_IP
        if state["since"] is not None:
            return STAT_CONNECTING
        return state["reason"] or STAT_IDLE

    def isconnected(self):
        return self.status() == STAT_GOT_IP

    def ifconfig(self, addresses=None):
        """Address, mask, gateway and name server; what is set is accepted and not used."""
        return _ADDRESSES if self.isconnected() else _NO_ADDRESSES

    def config(self, name=None, **values):
        configured = self._state["configured"]
        if name == "mac":
            return CHIP.mac
        if name in ("ssid", "essid"):
            return self._state["ssid"] or ""
        if name is not None:
            return configured[name]
        configured.update(values)
        self._tell_radio()
        return None

    def _look(self):
        """What has happened since somebody asked last."""
        state, link = self._state, CHIP.world["link"]
        if state["associated"]:
            if link != UP:
                state["associated"] = False
                self._failed(STAT_BEACON_TIMEOUT)
        elif state["since"] is not None:
            elapsed = CHIP.host.now_us() - state["since"]
            if link != UP:
                after, why = _FAILURES[link]
                if elapsed >= after:
                    self._failed(why)
            elif elapsed >= _ASSOCIATION_US:
                state.update({"since": None, "associated": True, "attempts": 0, "reason": None})
        self._tell_radio()

    def _failed(self, why):
        state = self._state
        again = state["configured"]["reconnects"]
        more = again == _FOR_EVER or state["attempts"] < again
        state.update({"reason": why, "attempts": state["attempts"] + 1, "since": CHIP.host.now_us() if more else None})

    def _tell_radio(self):
        CHIP.radio_sleeps = self._state["associated"] and self._state["configured"]["pm"] != self.PM_NONE


class AccessPoint:
    """The other interface of the radio: phones in reach find the node at the host's own address."""

    _state = {"active": False, "configured": {"ssid": "ESP_24LOA1", "security": AUTH_OPEN, "max_clients": 10}}

    def active(self, on=None):
        if on is not None:
            self._state["active"] = bool(on)
        return self._state["active"]

    def config(self, name=None, **values):
        configured = self._state["configured"]
        if name is not None:
            return configured[name]
        if values.get("security") == AUTH_WPA2_PSK and not 8 <= len(values.get("key", "")) <= 63:
            raise OSError(0x300B)  # ESP_ERR_WIFI_PASSWORD
        configured.update(values)
        return None

    def ifconfig(self, addresses=None):
        return _ADDRESSES if self._state["active"] else _NO_ADDRESSES


class LAN:
    """An Ethernet interface with its cable plugged in while the link is not cut."""

    def __init__(self, id=0, **pins):
        self._active = False

    def active(self, on=None):
        if on is not None:
            self._active = bool(on)
        return self._active

    def status(self):
        if not self._active:
            return ETH_STARTED
        return ETH_GOT_IP if CHIP.linked else ETH_DISCONNECTED

    def isconnected(self):
        return self.status() == ETH_GOT_IP

    def ifconfig(self, addresses=None):
        return _ADDRESSES if self.isconnected() else _NO_ADDRESSES

    def config(self, name=None, **values):
        if name == "mac":
            return CHIP.mac
        if name is not None:
            raise ValueError("unknown config param")
        return None


def hostname(name=None):
    """The name asked of DHCP."""
    configured = WLAN._state["configured"]
    if name is not None:
        configured["hostname"] = name
    return configured["hostname"]


def country(code=None):
    """Accepted; there is no radio."""
    return code or "XX"
