"""`network.PPP` over a UART with a modem that has dialled: the network is there two seconds after `connect`, while it is in reach."""

from chip import CHIP

_NEGOTIATION_US = 2_000_000  # LCP, authentication and IPCP; an assumption
_ADDRESSES = ("127.0.0.1", "255.255.255.255", "127.0.0.1", "127.0.0.1")
_NO_ADDRESSES = ("0.0.0.0", "0.0.0.0", "0.0.0.0", "0.0.0.0")
_NO_ERROR, _USER, _CONNECT = 0, 5, 6  # PPPERR_NONE, PPPERR_USER, PPPERR_CONNECT of lwIP's ppp.h


class PPP:
    """`stream`: the UART."""

    AUTH_NONE, AUTH_PAP, AUTH_CHAP = 0, 1, 2

    def __init__(self, stream):
        self._stream = stream
        self._active = False
        self._since = None

    def active(self, on=None):
        if on is not None:
            self._active = bool(on)
            if not on:
                self._since = None
        return self._active

    def connect(self, *, authmode=AUTH_NONE, username="", password=""):
        """Begin to negotiate."""
        if not self._active:
            raise OSError(-1)
        self._since = CHIP.host.now_us()

    def disconnect(self):
        self._since = None

    def isconnected(self):
        return self._since is not None and CHIP.linked and CHIP.host.now_us() - self._since >= _NEGOTIATION_US

    def status(self):
        """lwIP's error of the session."""
        if self._since is None:
            return _USER
        return _NO_ERROR if CHIP.linked else _CONNECT

    def ifconfig(self, addresses=None):
        return _ADDRESSES if self.isconnected() else _NO_ADDRESSES

    def ipconfig(self, name):
        """`addr4` as (address, mask)."""
        if name != "addr4":
            raise ValueError("unknown ipconfig parameter")
        return self.ifconfig()[:2]
