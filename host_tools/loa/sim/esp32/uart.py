"""`machine.UART` with whoever `loa.sim.esp32.fitting` put at its other end, such as a modem; without a peer nobody listens and nothing comes.

A peer has `hear(octets)` and `say()`, which returns what it has said since it was asked last. UART0 is the console and not opened here.
"""

import io

from loa.sim.esp32 import fitting

_POLL = 3
_POLLIN, _POLLOUT = 1, 4
_UNKNOWN = -22


class UART(io.IOBase):
    """A stream; rates and pins are accepted."""

    INV_TX = 16
    INV_RX = 32

    def __init__(self, id, baudrate=115_200, **settings):
        if id not in (1, 2):
            raise ValueError("UART({}) is not for programs here".format(id))
        self._peer = fitting.peer(id)
        self._heard = b""

    def init(self, baudrate=115_200, **settings):
        """Accepted."""

    def deinit(self):
        """Accepted."""

    def any(self):
        """Bytes that can be read."""
        if self._peer is not None:
            self._heard += self._peer.say()
        return len(self._heard)

    def read(self, count=-1):
        if not self.any():
            return None
        count = len(self._heard) if count < 0 else count
        piece, self._heard = self._heard[:count], self._heard[count:]
        return piece

    def readinto(self, buffer, count=None):
        piece = self.read(len(buffer) if count is None else count)
        if piece is None:
            return None
        buffer[: len(piece)] = piece
        return len(piece)

    def readline(self):
        line = b""
        while self.any() and not line.endswith(b"\n"):
            line += self.read(1)
        return line or None

    def write(self, data):
        if self._peer is not None:
            self._peer.hear(bytes(data))
        return len(data)

    def ioctl(self, request, argument):
        if request == _POLL:
            return argument & (_POLLOUT | (_POLLIN if self.any() else 0))
        return 0 if request == 4 else _UNKNOWN
