"""The serial port of a virtual board for pyserial, by URL `board://host:port`: bytes on one connection, lines and baud rate on another.

`register()` once, and pyserial, esptool and mpremote open such ports by name. A connection that breaks is a cable that was pulled. Sockets only,
so it runs everywhere.
"""

import contextlib
import select
import socket
import time
from typing import Any
from urllib.parse import urlsplit

import serial

SCHEME = "board"
DATA, LINES, TAKEN = b"D", b"L", b"X"
_CONNECT_S = 5.0
_CHUNK = 65536
_NOTICED_S = 0.5
_AGAIN_S = 0.02


def register() -> None:
    """Make pyserial find this module."""
    if __package__ not in serial.protocol_handler_packages:
        serial.protocol_handler_packages.append(__package__)


class Serial(serial.SerialBase):  # type: ignore[misc]  # pyserial has no types
    """An open or closed port; see pyserial for what its methods do."""

    BAUDRATES = serial.SerialBase.BAUDRATES

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._data: socket.socket | None = None
        self._lines: socket.socket | None = None
        self._held = bytearray()
        super().__init__(*arguments, **options)

    def open(self) -> None:
        """Raises SerialException if there is no such board, or somebody else has its port."""
        if self._data is not None:
            raise serial.SerialException("Port is already open.")
        url = urlsplit(self.portstr)
        try:
            self._data = _connected(url.hostname, url.port, DATA)
            self._lines = _connected(url.hostname, url.port, LINES)
        except OSError as error:
            self._drop()
            raise serial.SerialException(f"could not open port {self.portstr}: {error}") from error
        # esptool sets both lines of a port at once by an ioctl, but for those that it knows by this name: there one after the other
        self.name = f"rfc2217://{self.portstr}"
        self.is_open = True
        self._reconfigure_port()
        self._update_dtr_state()
        self._update_rts_state()

    def close(self) -> None:
        """The lines stay as they are."""
        self.is_open = False
        self._drop()

    def _drop(self) -> None:
        for connection in (self._data, self._lines):
            if connection is not None:
                connection.close()
        self._data = self._lines = None
        self._held.clear()

    @property
    def in_waiting(self) -> int:
        """Bytes that can be read at once."""
        self._fill(0)
        return len(self._held)

    def read(self, size: int = 1) -> bytes:
        """As pyserial: less than `size` only after the time-out."""
        deadline = None if self._timeout is None else time.monotonic() + self._timeout
        while len(self._held) < size:
            left = None if deadline is None else deadline - time.monotonic()
            if not self._fill(left if left is None else max(0.0, left)):
                break
        taken = bytes(self._held[:size])
        del self._held[:size]
        return taken

    def _fill(self, wait_s: float | None) -> bool:
        """Take what has come; False if nothing did in time."""
        connection = self._open_data()
        try:
            if not select.select([connection], [], [], wait_s)[0]:
                return False
            data = connection.recv(_CHUNK)
        except OSError as error:
            raise serial.SerialException(f"connection failed ({error})") from error
        if not data:
            raise serial.SerialException("device disconnected")
        self._held += data
        return True

    def write(self, data: bytes) -> int:
        """Send all of it."""
        try:
            self._open_data().sendall(data)
        except OSError as error:
            raise serial.SerialException(f"connection failed ({error})") from error
        return len(data)

    def _open_data(self) -> socket.socket:
        if self._data is None:
            raise serial.PortNotOpenError
        return self._data

    def reset_input_buffer(self) -> None:
        """Forget what has come."""
        while self._fill(0):
            pass
        self._held.clear()

    def reset_output_buffer(self) -> None:
        """Nothing is kept here."""

    def flush(self) -> None:
        """Nothing is kept here."""

    def fileno(self) -> int:
        """For `select`."""
        return self._open_data().fileno()

    def _reconfigure_port(self, *_: Any, **__: Any) -> None:
        if self._lines is not None:
            self._tell(b"baud %d\n" % self._baudrate)

    def _update_dtr_state(self) -> None:
        self._tell(b"dtr %d\n" % bool(self._dtr_state))

    def _update_rts_state(self) -> None:
        self._tell(b"rts %d\n" % bool(self._rts_state))

    def _update_break_state(self) -> None:
        """The board's UART knows no break."""

    cts = dsr = cd = True
    ri = False

    def _tell(self, line: bytes) -> None:
        """Say something about the lines, and wait until the board has seen it."""
        if self._lines is None:
            raise serial.PortNotOpenError
        try:
            self._lines.sendall(line)
            answered = self._lines.recv(1)
        except OSError as error:
            raise serial.SerialException(f"connection failed ({error})") from error
        if not answered:
            raise serial.SerialException("device disconnected")


def _connected(host: str | None, port: int | None, kind: bytes) -> socket.socket:
    """A connection of that kind. The board may not have noticed yet that the one before it was closed."""
    deadline = time.monotonic() + _NOTICED_S
    while True:
        try:
            return _asked(host, port, kind)
        except PermissionError:
            if time.monotonic() > deadline:
                raise
        time.sleep(_AGAIN_S)


def _asked(host: str | None, port: int | None, kind: bytes) -> socket.socket:
    connection = socket.create_connection((host or "localhost", port or 0), _CONNECT_S)
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.sendall(kind)
    if connection.recv(1) != kind:
        connection.close()
        raise PermissionError("[Errno 16] Device or resource busy")
    connection.settimeout(None)
    return connection
