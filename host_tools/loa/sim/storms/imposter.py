"""A web server that answers instead of the one that was asked: a captive portal, or an audio server out of order."""

import socket
import struct
import threading
from collections import Counter
from typing import Self

PORTAL = "a portal"
_PORTAL_PAGE = b"<html><body>Please accept the terms of this network.</body></html>"
_HALF = b"HTTP/1.1 200 OK\r\nContent-Type: audio/wav\r\nContent-Length: 1000000\r\nConnection: close\r\n\r\nRIFF" + bytes(2000)
_REQUEST_MAX = 4096
_PATIENCE_S = 5.0


class Imposter:
    """`manner`: `PORTAL`, "status N", "half an answer" or "a reset". `port` is its own until `close`."""

    def __init__(self, manner: str) -> None:
        self._answer = _answer(manner)
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, name=f"imposter {manner}", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Answer nobody any more."""
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:  # closed
                return
            threading.Thread(target=self._attend, args=(connection,), daemon=True).start()  # one that says nothing holds up no other

    def _attend(self, connection: socket.socket) -> None:
        with connection:
            connection.settimeout(_PATIENCE_S)
            try:
                connection.recv(_REQUEST_MAX)
                if self._answer:
                    connection.sendall(self._answer)
                else:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # closing sends a reset
            except OSError:  # it left, or said nothing
                return


class Imposters:
    """One for each manner that is needed, for however many nodes. Any thread may ask."""

    def __init__(self) -> None:
        self._standing: dict[str, Imposter] = {}
        self._needed: Counter[str] = Counter()
        self._turn = threading.Lock()

    def need(self, manner: str) -> None:
        """From now on, until it is released as often."""
        with self._turn:
            if not self._needed[manner]:
                self._standing[manner] = Imposter(manner)
            self._needed[manner] += 1

    def release(self, manner: str) -> None:
        """Somebody needs it no more; the last one closes it."""
        with self._turn:
            self._needed[manner] -= 1
            if not self._needed[manner]:
                self._standing.pop(manner).close()

    def port(self, manner: str) -> int:
        """Of one that is needed."""
        return self._standing[manner].port


def _answer(manner: str) -> bytes:
    if manner == PORTAL:
        return _response("200 OK", _PORTAL_PAGE, b"Content-Type: text/html\r\n")
    if manner == "half an answer":
        return _HALF
    if manner == "a reset":
        return b""
    return _response(manner.removeprefix("status ") + " Out Of Order", b"out of order\n")


def _response(status: str, body: bytes, fields: bytes = b"") -> bytes:
    return b"HTTP/1.1 %s\r\n%sContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (status.encode(), fields, len(body), body)
