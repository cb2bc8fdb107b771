"""`network`: a station interface that associates in a second while the network is in reach, and a LAN interface with a cable in it.

Both end at the host's own network. Cutting the link takes the address away; what it does to sockets is the runtime's `socket`.
"""

from chip import CHIP

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
ETH_STARTED = 1
ETH_CONNECTED = 3
ETH_DISCONNECTED = 4
ETH_GOT_IP = 5
PHY_LAN8720 = 1

_ADDRESSES = ("127.0.0.1", "255.0.0.0", "127.0.0.1", "127.0.0.1")
_NO_ADDRESSES = ("0.0.0.0", "0.0.0.0", "0.0.0.0", "0.0.0.0")
_ASSOCIATION_US = 1_000_000
_RSSI = -61


class WLAN:
    """The radio. Its state is the chip's: every object of an interface is the same."""

    IF_STA = STA_IF
    IF_AP = AP_IF
    PM_NONE = 0
    PM_PERFORMANCE = 1
    PM_POWERSAVE = 2
    SEC_WPA_WPA2 = 4
    _state = {"active": False, "since": None, "ssid": None, "configured": {"pm": PM_PERFORMANCE, "hostname": "mpy-esp32", "reconnects": -1}}

    def __init__(self, interface=STA_IF):
        if interface != STA_IF:
            raise ValueError("only the station interface is emulated")

    def active(self, on=None):
        if on is None:
            return self._state["active"]
        self._state["active"] = bool(on)
        if not on:
            self.disconnect()
        return self._state["active"]

    def connect(self, ssid=None, key=None, *, bssid=None):
        """Begin to associate; in reach every name and password is right."""
        if not self._state["active"]:
            raise OSError(0x3002)  # ESP_ERR_WIFI_NOT_STARTED
        self._state["ssid"] = ssid
        self._state["since"] = CHIP.host.now_us()

    def disconnect(self):
        self._state["since"] = None

    def status(self, what=None):
        if what == "rssi":
            return _RSSI
        if what is not None:
            raise ValueError("unknown status param")
        since = self._state["since"]
        if since is None:
            return STAT_IDLE
        if not CHIP.linked:
            return STAT_NO_AP_FOUND
        return STAT_GOT_IP if CHIP.host.now_us() - since >= _ASSOCIATION_US else STAT_CONNECTING

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
        return None


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
