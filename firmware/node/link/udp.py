"""One question and its answer over UDP without blocking: what DNS and SNTP have in common.

The socket is asked between short sleeps: `select` on the ESP32 waits in ticks of 10 ms anyway, and an exchange is rare and short.
"""

import asyncio
import socket
import time
from errno import EAGAIN

from micropython import const

_POLL_MS = const(10)
_DATAGRAM_MAX = const(512)  # what DNS sends at most without being asked for more (RFC 1035, 2.3.4); longer ones arrive cut off


async def exchange(address, port, question, answer_of, timeout_ms):
    """Send `question` to an IPv4 address and return the first `answer_of(datagram)` that is not None; None after `timeout_ms`.

    Datagrams from another address or port are not looked at (RFC 5452, 9.1). Raises OSError where there is no route.
    """
    peer = socket.getaddrinfo(address, port)[0][-1]
    asker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        asker.setblocking(False)
        started = time.ticks_ms()
        asker.sendto(question, peer)
        while time.ticks_diff(time.ticks_ms(), started) < timeout_ms:
            datagram = _received(asker, peer)
            answer = None if datagram is None else answer_of(datagram)
            if answer is not None:
                return answer
            await asyncio.sleep_ms(_POLL_MS if datagram is None else 0)
        return None
    finally:
        asker.close()


def _received(asker, peer):
    """A datagram from `peer`; empty for one from somebody else; None if there is none."""
    try:
        datagram, sender = asker.recvfrom(_DATAGRAM_MAX)
    except OSError as error:
        if error.errno == EAGAIN:
            return None
        raise
    return datagram if sender == peer else b""
