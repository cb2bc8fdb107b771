"""Opens one TCP or TLS connection by address. Resolves nothing and times nothing out: that is `net`.

MicroPython's own `asyncio.open_connection` forgets its socket when it is cancelled, when nobody listens and when the certificate is refused. lwIP has
some sixteen sockets, so a node that keeps trying a dead server would run out of them. CPython's asyncio looks after its sockets itself.
"""

import asyncio
import socket
from errno import ECONNRESET, EINPROGRESS


class _OwnedStream(asyncio.StreamReader):
    """MicroPython's stream with the part of CPython's StreamWriter that closes; keeps the bare socket, which a failed handshake leaves open."""

    def __init__(self, wrapped, bare):
        super().__init__(wrapped)
        self._bare = bare
        self.transport = self

    def close(self):
        self.s.close()
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
    stream = _OwnedStream(wrapped, bare)
    return stream, stream
