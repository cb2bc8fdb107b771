"""A web server that serves what it should not, as a test tells it. One thread a connection; everything ends with the block."""

import socket
import ssl
import threading
from contextlib import suppress

_DRIP_S = 0.5


class BadServer:
    """`with BadServer() as server:` on a port of localhost; with a `context` it speaks TLS.

    How a path is served: "whole" (with its length), "unmeasured" (until the connection ends), "half" (its length, then half of it), "404", "500",
    "loop" (a redirect to itself), "raw" (the content and nothing else), "drip" (head at once, then a byte now and then, without end).
    """

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.shaken = 0  # connections that came as far as TLS
        self._context = context
        self._content: dict[str, tuple[bytes, str]] = {}
        self._asked: list[str] = []
        self._over = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._listen)]

    def __enter__(self) -> "BadServer":
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for thread in self._threads:
            thread.join()

    def serve(self, name: str, content: bytes, how: str) -> str:
        """Serve this below a name, whatever file is asked for there; returns the URL that files are below."""
        self._content[name] = (content, how)
        scheme = "https" if self._context else "http"
        return f"{scheme}://localhost:{self._socket.getsockname()[1]}/{name}"

    def asked(self, name: str) -> bool:
        """True if somebody asked for it."""
        return name in self._asked

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                thread = threading.Thread(target=self._attend, args=(connection,))
                self._threads.append(thread)
                thread.start()

    def _attend(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.settimeout(10)
            if self._context is None:
                self._answer(connection)
                return
            self.shaken += 1
            with self._context.wrap_socket(connection, server_side=True) as stream:
                self._answer(stream)

    def _answer(self, stream: socket.socket) -> None:
        request = b""
        while b"\r\n\r\n" not in request:
            piece = stream.recv(4096)
            if not piece:
                return
            request += piece
        path = request.split(b" ")[1].decode()
        name = path.split("/")[1]
        self._asked.append(name)
        content, how = self._content[name]
        if how == "raw":
            stream.sendall(content)
        elif how in ("404", "500"):
            stream.sendall(f"HTTP/1.1 {how} No\r\nContent-Length: 0\r\n\r\n".encode())
        elif how == "loop":
            stream.sendall(f"HTTP/1.1 302 There\r\nLocation: {path}\r\nContent-Length: 0\r\n\r\n".encode())
        elif how == "drip":
            stream.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            while not self._over.wait(_DRIP_S):
                stream.sendall(content[:1])
        else:
            length = b"" if how == "unmeasured" else b"Content-Length: %d\r\n" % len(content)
            stream.sendall(b"HTTP/1.1 200 OK\r\n" + length + b"\r\n" + content[: len(content) // 2 if how == "half" else None])
