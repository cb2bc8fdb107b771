"""Opens one TCP or TLS connection by address. Resolves nothing and times nothing out: that is `net`.

MicroPython's own `asyncio.open_connection` forgets its socket when it is cancelled, when nobody listens and when the certificate is refused. lwIP has
some sixteen sockets, so a node that keeps trying a dead server would run out of them. CPython's asyncio looks after its sockets itself.
"""

import asyncio
import socket
from errno import ECONNRESET, EINPROGRESS


class _Socket:
    """Reader and writer on MicroPython, with what `Stream` asks of CPython's two. Not asyncio's own: that takes 900 bytes of the heap and does not close.

    `wrapped`: the socket or TLS over it; `bare`: the socket, which a failed handshake leaves open.
    """

    def __init__(self, wrapped, bare):
        self.transport = self
        self._wrapped = wrapped
        self._bare = bare
        self._waiting = b""  # written, and not taken yet

    def readinto(self, view):
        """To be awaited: how many bytes came, 0 at the end, None where TLS has only had half a record."""
        yield asyncio.core._io_queue.queue_read(self._wrapped)
        return self._wrapped.readinto(view)

    def write(self, data):
        """What is not taken at once waits for `drain`."""
        if not self._waiting:
            data = data[self._wrapped.write(data) or 0 :]
        self._waiting += data

    async def drain(self):
        """Always lets others have their turn."""
        if not self._waiting:
            await asyncio.sleep_ms(0)
        while self._waiting:
            await _until_writable(self._wrapped)
            self._waiting = self._waiting[self._wrapped.write(self._waiting) or 0 :]

    def close(self):
        """Both, at once."""
        self._wrapped.close()
        self._bare.close()

    abort = close


def _until_writable(pollable):
    yield asyncio.core._io_queue.queue_write(pollable)


async def open_connection(address, port, ssl=None, server_hostname=None):
    """`(reader, writer)`, of which `writer.transport.abort()` closes at once.

    On MicroPython the first write or read does the handshake and raises what comes of it; before that nothing of ours is sent.
    For protocols in which the client speaks first: a server that has spoken by now is refused.
    """
    if not hasattr(asyncio, "core"):
        return await asyncio.open_connection(address, port, ssl=ssl, server_hostname=server_hostname)
    bare = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        bare.setblocking(False)
        try:
            bare.connect(socket.getaddrinfo(address, port)[0][-1])
        except OSError as error:
            if error.errno != EINPROGRESS:
                raise
        await _until_writable(bare)
        if bare.readinto(bytearray(1)) is not None:  # only a read tells of a refused connection
            raise OSError(ECONNRESET)
        wrapped = bare
        if ssl:
            wrapped = ssl.wrap_socket(bare, server_hostname=server_hostname, do_handshake_on_connect=False)
    except BaseException:
        bare.close()
        raise
    stream = _Socket(wrapped, bare)
    return stream, stream
