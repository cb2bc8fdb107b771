"""`socket` with a link that can be cut, as a radio loses its access point: nobody is told, nothing passes any more, and much is still there later.

While it is cut a connection neither takes nor gives a byte and is never ready, connecting and sending datagrams find no route, and names are not resolved.
What the peer sends to an open connection meanwhile arrives when the link is back, as TCP would repeat it. The peer is not told either.
"""

import errno
import io

import built_in
from chip import CHIP

_HOST = built_in.load("socket")
AF_INET = _HOST.AF_INET
AF_INET6 = _HOST.AF_INET6
SOCK_STREAM = _HOST.SOCK_STREAM
SOCK_DGRAM = _HOST.SOCK_DGRAM
SOL_SOCKET = _HOST.SOL_SOCKET
SO_REUSEADDR = _HOST.SO_REUSEADDR
SO_BROADCAST = _HOST.SO_BROADCAST
SO_KEEPALIVE = _HOST.SO_KEEPALIVE

_NO_ROUTE = 113  # EHOSTUNREACH of Linux, lwIP's 118
_NO_NAME = -202  # lwIP's EAI_FAIL
_DIGITS = "0123456789."
_POLL = 3  # MP_STREAM_POLL
_CLOSE = 4
_UNKNOWN = -22


def getaddrinfo(host, port, family=0, type=0, proto=0, flags=0):
    if not CHIP.linked and any(letter not in _DIGITS for letter in host):
        raise OSError(_NO_NAME)
    return _HOST.getaddrinfo(host, port, family, type or SOCK_STREAM)


class socket(io.IOBase):
    """The host's socket behind the link. A stream object, as asyncio and tls expect."""

    def __init__(self, family=AF_INET, type=SOCK_STREAM, proto=0, *, accepted=None):
        self._socket = accepted or _HOST.socket(family, type)
        self._ready = built_in.load("select").poll()
        self._ready.register(self._socket, 0)
        self.setblocking = self._socket.setblocking
        self.settimeout = self._socket.settimeout
        self.setsockopt = self._socket.setsockopt
        self.bind = self._socket.bind
        self.listen = self._socket.listen
        self.fileno = self._socket.fileno

    def connect(self, address):
        self._need_route()
        return self._socket.connect(address)

    def accept(self):
        if not CHIP.linked:
            raise OSError(errno.EAGAIN)
        accepted, peer = self._socket.accept()
        return socket(accepted=accepted), peer

    def sendto(self, data, address):
        self._need_route()
        return self._socket.sendto(data, address)

    def recvfrom(self, limit):
        if not CHIP.linked:
            raise OSError(errno.EAGAIN)
        return self._socket.recvfrom(limit)

    def send(self, data):
        if not CHIP.linked:
            raise OSError(errno.EAGAIN)
        return self._socket.send(data)

    def recv(self, limit):
        if not CHIP.linked:
            raise OSError(errno.EAGAIN)
        return self._socket.recv(limit)

    def read(self, *limit):
        return self._socket.read(*limit) if CHIP.linked else None

    def readline(self, *limit):
        return self._socket.readline(*limit) if CHIP.linked else None

    def readinto(self, *buffer):
        return self._socket.readinto(*buffer) if CHIP.linked else None

    def write(self, *data):
        return self._socket.write(*data) if CHIP.linked else None

    def close(self):
        self._socket.close()

    def ioctl(self, request, argument):
        if request == _POLL:
            return self._events(argument) if CHIP.linked else 0
        if request == _CLOSE:
            self.close()
            return 0
        return _UNKNOWN

    def _events(self, wanted):
        self._ready.modify(self._socket, wanted)
        for _, events in self._ready.ipoll(0):
            return events
        return 0

    def _need_route(self):
        if not CHIP.linked:
            raise OSError(_NO_ROUTE)
