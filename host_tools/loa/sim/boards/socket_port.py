"""The board's end of a `board://` port: one host at a time, its bytes at the pace of the wire, its lines at once.

What the bytes mean is the board's.
"""

import queue
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from loa.sim.boards.protocol_board import DATA, LINES, SCHEME, TAKEN
from loa.sim.boards.uart import Uart

_CHUNK = 65536
_GREETING_S = 1.0


@dataclass(frozen=True)
class Host:
    """Where to bring what the host does: bytes, a line by name ("dtr", "rts") and state, a rate in baud."""

    hear: Callable[[bytes], None]
    line: Callable[[str, bool], None]
    baud: Callable[[int], None]


class SocketPort:
    """Listens from the moment it is made until `close`."""

    def __init__(self, host: Host, uart: Uart) -> None:
        self._host = host
        self._uart = uart
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"{SCHEME}://127.0.0.1:{self._listener.getsockname()[1]}"
        self._open: dict[bytes, socket.socket] = {}
        self._lock = threading.Lock()
        self._outgoing: queue.SimpleQueue[tuple[float, bytes] | None] = queue.SimpleQueue()
        for work in (self._accept, self._send):
            threading.Thread(target=work, name=work.__name__, daemon=True).start()

    def say(self, data: bytes) -> None:
        """Send to the host, whoever that is; without one it is lost."""
        self._outgoing.put((self._uart.to_host(len(data)), data))

    def close(self) -> None:
        """The port is gone, and with it every connection."""
        _shut(self._listener)
        with self._lock:
            connections = list(self._open.values())
        for connection in connections:
            _shut(connection)
        self._outgoing.put(None)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:  # closed
                return
            kind = _kind(connection)
            if kind is None:
                connection.close()
                continue
            with self._lock:
                free = kind not in self._open
                if free:
                    self._open[kind] = connection
            if not free:
                connection.sendall(TAKEN)
                connection.close()
                continue
            connection.sendall(kind)
            serve = {DATA: self._carry, LINES: self._obey}[kind]
            threading.Thread(target=self._serve, args=(kind, connection, serve), name="port", daemon=True).start()

    def _serve(self, kind: bytes, connection: socket.socket, serve: Callable[[socket.socket], None]) -> None:
        try:
            serve(connection)
        except OSError:  # the host went, or the cable
            pass
        finally:
            connection.close()
            with self._lock:
                del self._open[kind]

    def _carry(self, connection: socket.socket) -> None:
        while data := connection.recv(_CHUNK):
            _sleep_until(self._uart.to_board(len(data)))
            self._host.hear(data)

    def _obey(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as lines:
            for line in lines:
                name, value = line.split()
                if name == b"baud":
                    self._host.baud(int(value))
                else:
                    self._host.line(name.decode(), value == b"1")
                connection.sendall(b".")

    def _send(self) -> None:
        while (item := self._outgoing.get()) is not None:
            moment, data = item
            _sleep_until(moment)
            with self._lock:
                connection = self._open.get(DATA)
            if connection is not None:
                try:
                    connection.sendall(data)
                except OSError:  # it is going
                    continue


def _kind(connection: socket.socket) -> bytes | None:
    """What a new connection is for; None for somebody who only looks whether the port is there."""
    connection.settimeout(_GREETING_S)
    try:
        kind = connection.recv(1)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.settimeout(None)
    except OSError:
        return None
    return kind if kind in (DATA, LINES) else None


def _sleep_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.monotonic()))


def _shut(connection: socket.socket) -> None:
    """Close, and wake whoever waits in it."""
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:  # not connected
        pass
    finally:
        connection.close()
