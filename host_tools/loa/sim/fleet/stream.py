"""A node's TCP or TLS connection on the host, as lean as thousands of them need: one protocol object that is both ends of MicroPython's stream."""

import asyncio
import errno
import ssl
from typing import Any

from loa.sim.fleet.chip import CURRENT
from loa.sim.fleet.way import Way
from loa.sim.hardware.path import DOWN, UP

_READ_BYTES = 65536
_LIMIT = 65536  # bytes received and not yet read above which nothing more is taken from the socket


class Authority:
    """MicroPython's `SSLContext` for clients. Where the certificates are the same, so is the OpenSSL context behind it."""

    _known: dict[tuple[bytes, ...], ssl.SSLContext] = {}  # noqa: RUF012 - shared on purpose: a context has no state of a connection

    def __init__(self, protocol: int) -> None:
        self.verify_mode = ssl.CERT_NONE
        self._certificates: tuple[bytes, ...] = ()

    def load_verify_locations(self, cadata: bytes) -> None:
        """Trust one certificate more. Raises ValueError for one that is none."""
        self._certificates = (*self._certificates, bytes(cadata))
        if self._certificates not in self._known:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            for certificate in self._certificates:
                context.load_verify_locations(cadata=certificate)
            self._known[self._certificates] = context

    @property
    def context(self) -> ssl.SSLContext:
        """The host's."""
        return self._known[self._certificates]


class Connection(asyncio.Protocol):
    """Reader, writer and transport in one, with what `node.link.stream` asks of each of them."""

    def __init__(self, tls: ssl.SSLContext | None, name: str | None, way: Way) -> None:
        self._chip = CURRENT.get()
        self._socket: asyncio.Transport | None = None
        self._came = bytearray()
        self._ended = False
        self._error: Exception | None = None
        self._paused = False
        self._readable: asyncio.Future[None] | None = None
        self._writable: asyncio.Future[None] | None = None
        self._shaken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._tls: ssl.SSLObject | None = None
        if tls is not None:
            self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
            self._tls = tls.wrap_bio(self._incoming, self._outgoing, server_hostname=name)
        self._way = way
        self._aborted = False
        self._flushing = False  # what is written in one turn of the loop goes out as one
        self.transport = self

    # What the node does

    async def shaken(self) -> None:
        """Until the connection can be used. Raises what the handshake raised."""
        await self._shaken

    async def readinto(self, view: Any) -> int:
        """Wait for at least one byte; 0 at the end of the stream."""
        came = self._came
        while not came:
            if self._error is not None:
                raise self._error
            if self._ended:
                return 0
            self._readable = asyncio.get_running_loop().create_future()
            await self._readable
        count = min(len(came), len(view))
        view[:count] = came[:count]
        del came[:count]
        if self._paused and len(came) < _LIMIT:
            self._paused = False
            if self._socket is not None:
                self._socket.resume_reading()
        return count

    def write(self, data: Any) -> None:
        """Send, or keep what the socket does not take yet."""
        if self._error is not None:
            raise self._error
        if self._socket is None or self._ended:
            raise OSError("closed")
        if self._tls is None:
            self._send(bytes(data))
            return
        try:
            self._tls.write(data)
        except ssl.SSLError as error:
            self._fail(error)
            raise
        if not self._flushing:
            self._flushing = True
            asyncio.get_running_loop().call_soon(self._flush)

    async def drain(self) -> None:
        """Until the socket has taken enough."""
        if self._error is not None:
            raise self._error
        if self._writable is not None:
            await self._writable

    def close(self) -> None:
        """Close in good order; does not wait."""
        if self._socket is not None:
            if self._tls is not None and not self._ended:
                self._flush()
                self._say_goodbye()
            self._way.carry(UP, b"", self._close)
        self._chip.connections.discard(self)

    def abort(self) -> None:
        """Close at once; what was not sent is lost."""
        self._aborted = True
        self._way.drop()
        if self._socket is not None:
            self._socket.abort()
        self._chip.connections.discard(self)

    # What the socket does

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._socket = transport
        self._chip.connections.add(self)
        if self._tls is None:
            self._shaken.set_result(None)
        else:
            self._shake()

    def data_received(self, data: bytes) -> None:
        self._way.carry(DOWN, data, self._take)

    def eof_received(self) -> bool:
        self._way.carry(DOWN, b"", self._end)
        return True  # `_end` closes it, behind what is still on the way

    def connection_lost(self, error: Exception | None) -> None:
        self._socket = None
        if self._aborted:
            self._lose(error)
        else:
            self._way.carry(DOWN, b"", lambda _: self._lose(error))

    def pause_writing(self) -> None:
        self._writable = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        self.pause_over()

    def pause_over(self) -> None:
        """Whoever waits in `drain` goes on."""
        waiter, self._writable = self._writable, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    # What comes along the way

    def _take(self, data: bytes) -> None:
        if self._tls is None:
            self._came += data
        else:
            self._incoming.write(data)
            if not self._shaken.done() and not self._shake():
                return
            self._decrypt()
        if len(self._came) > _LIMIT and not self._paused and self._socket is not None:
            self._paused = True
            self._socket.pause_reading()
        self._wake_reader()

    def _end(self, _: bytes) -> None:
        self._ended = True
        self._wake_reader()
        self._close(b"")

    def _lose(self, error: Exception | None) -> None:
        self._ended = True
        self._fail(error or (None if self._shaken.done() else ConnectionResetError("closed in the handshake")))
        self.pause_over()
        self._chip.connections.discard(self)

    def _send(self, data: bytes) -> None:
        self._way.carry(UP, data, self._put)

    def _put(self, data: bytes) -> None:
        if self._socket is not None:
            self._socket.write(data)

    def _close(self, _: bytes) -> None:
        if self._socket is not None:
            self._socket.close()

    # TLS

    def _shake(self) -> bool:
        """One step of the handshake; True once it is done."""
        assert self._tls is not None
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            self._flush()
            return False
        except ssl.SSLError as error:
            self._flush()
            self._fail(error)
            self.abort()
            return False
        self._flush()
        self._shaken.set_result(None)
        return True

    def _decrypt(self) -> None:
        assert self._tls is not None
        try:
            while piece := self._tls.read(_READ_BYTES):
                self._came += piece
            self._ended = True
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError as error:
            self._fail(error)
        if self._outgoing.pending:
            self._flush()

    def _flush(self) -> None:
        self._flushing = False
        if self._socket is not None and self._outgoing.pending:
            self._send(self._outgoing.read())

    def _say_goodbye(self) -> None:
        assert self._tls is not None
        try:
            self._tls.unwrap()
        except ssl.SSLError:  # the peer has not said it yet, and is not waited for
            self._flush()

    def _fail(self, error: Exception | None) -> None:
        if error is not None and self._error is None:
            self._error = error
        if not self._shaken.done() and error is not None:
            self._shaken.set_exception(error)
            self._shaken.exception()  # who waits sees it all the same; nobody has to
        self._wake_reader()

    def _wake_reader(self) -> None:
        waiter, self._readable = self._readable, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)


async def open_connection(host: str, port: int, tls: Authority | None, name: str | None) -> tuple[Connection, Connection]:
    """`(reader, writer)`, as `asyncio.open_connection` gives them. Raises OSError or ssl.SSLError."""
    if not CURRENT.get().reachable:
        raise OSError(errno.EHOSTUNREACH, "no route")
    loop = asyncio.get_running_loop()
    context = tls.context if tls is not None else None
    way = Way(CURRENT.get())
    await way.opened()
    _, connection = await loop.create_connection(lambda: Connection(context, name, way), host, port)
    try:
        await connection.shaken()
    except BaseException:
        connection.abort()
        raise
    return connection, connection
