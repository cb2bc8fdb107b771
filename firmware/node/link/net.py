"""Connects to a host by name: resolves without blocking, opens TCP by address, and with TLS lets nobody in whom the commune's CA does not name."""

import asyncio

from micropython import const

from node.link import failures, tcp
from node.link.stream import Stream
from node.refusal import TIMEOUT, Refused

_TIMEOUT_MS = const(10_000)


class Network:
    """`tls`: the context in which `https` is spoken (see `tls.client_context`), replaced when the trust store names another CA; None: not at all."""

    def __init__(self, resolver, tls=None):
        self._resolver = resolver
        self.tls = tls

    async def connect(self, host, port, tls=None, server_hostname=None, timeout_ms=_TIMEOUT_MS):
        """Return a `Stream` to `host` (name or IPv4 address), whose operations may then wait `timeout_ms` each.

        Name and connection have `timeout_ms` together. With `tls`, a context, nothing is sent before the peer has proved to be `server_hostname`
        (`host` if None); where TLS shakes hands only with the first write, that is where a peer that is somebody else is refused.
        Raises Refused: UNREACHABLE, TIMEOUT, ORIGIN.
        """
        name = server_hostname or host
        try:
            reader, writer = await asyncio.wait_for_ms(self._open(host, port, tls, name), timeout_ms)
        except asyncio.TimeoutError:
            self._resolver.doubt(host)
            raise Refused(TIMEOUT, f"no connection to {host}:{port} within {timeout_ms} ms")
        return Stream(reader, writer, timeout_ms, tls is not None)

    async def _open(self, host, port, tls, name):
        address = await self._resolver.resolve(host)
        try:
            if tls:
                return await tcp.open_connection(address, port, ssl=tls, server_hostname=name)
            return await tcp.open_connection(address, port)
        except failures.ERRORS as error:
            self._resolver.doubt(host)
            raise failures.refused(error, tls is not None)
