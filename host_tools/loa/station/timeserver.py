"""Tells nodes the time by SNTP (RFC 4330), for communes without internet. It passes on the host's clock and corrects nothing;
while that clock is not believed it says so, and nodes take no time from it."""

import asyncio
import struct
import time
from collections.abc import Callable

from loa.errors import EXIT_NETWORK, LoaError
from loa.language import _

_PACKET = struct.Struct(">BBbbII4sQQQQ")
_TO_1900_S = 2208988800
_CLIENT, _SERVER = 3, 4
_ALARM = 3 << 6  # leap indicator: not synchronised
_STRATUM = 3  # the host's clock is set by somebody else
_PRECISION = -20  # a microsecond, as a power of two


class TimeServer(asyncio.DatagramProtocol):
    """An SNTP server on one UDP port. `believed()`: whether the host's clock is."""

    def __init__(self, believed: Callable[[], bool] = lambda: True) -> None:
        self._believed = believed
        self._transport: asyncio.DatagramTransport | None = None

    async def start(self, port: int) -> None:
        """Listen. Raises `LoaError` if the port cannot be used."""
        try:
            endpoint = asyncio.get_running_loop().create_datagram_endpoint(lambda: self, local_addr=("0.0.0.0", port))
            self._transport = (await endpoint)[0]
        except OSError as error:
            raise LoaError(
                _("UDP port {port} cannot be used: {strerror}", port=port, strerror=error.strerror),
                _("set the station's time_port in site.toml"),
                EXIT_NETWORK,
            ) from error

    def stop(self) -> None:
        """Listen no more."""
        if self._transport is not None:
            self._transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        reply = answer(data, time.time_ns(), self._believed())
        if reply and self._transport:
            self._transport.sendto(reply, addr)


def answer(request: bytes, now_ns: int, believed: bool = True) -> bytes | None:
    """The reply to a client's request at a Unix time in ns, or None for a packet that is no request."""
    if len(request) < _PACKET.size or request[0] & 7 != _CLIENT:
        return None
    version, sent = request[0] >> 3 & 7, _PACKET.unpack_from(request)[-1]
    stamp = (now_ns // 10**9 + _TO_1900_S) % 2**32 << 32 | (now_ns % 10**9 << 32) // 10**9
    leap = 0 if believed else _ALARM
    return _PACKET.pack(leap | version << 3 | _SERVER, _STRATUM, 6, _PRECISION, 0, 0, b"LOCL", stamp, sent, stamp, stamp)
