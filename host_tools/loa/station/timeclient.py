"""Asks time servers how far this computer's clock is off (SNTP, RFC 4330), all at once and within a bounded time. It sets nothing."""

import os
import queue
import socket
import threading
import time
from collections.abc import Sequence

from loa.firmware import ntp

TIMEOUT_S = 2.0
_BYTES_MAX = 512
_GRACE_S = 0.2  # beside what a server has: threads must start


def asked(servers: Sequence[tuple[str, int]], timeout_s: float = TIMEOUT_S) -> list[float]:
    """Seconds by which the clock is ahead, behind if negative, by each server (host, port) that gives a proper answer in time.

    The threads are not waited for: a name server that is away may hold one for longer.
    """
    answers: queue.Queue[float | None] = queue.Queue()

    def ask(host: str, port: int) -> None:
        try:
            answers.put(_ahead(host, port, timeout_s))
        except (OSError, UnicodeError, ntp.Unfit):  # a name may be none that DNS can carry
            answers.put(None)

    for host, port in servers:
        threading.Thread(target=ask, args=(host, port), name=f"time of {host}", daemon=True).start()
    deadline, found = time.monotonic() + timeout_s + _GRACE_S, []
    for _server in servers:
        try:
            ahead = answers.get(timeout=max(0, deadline - time.monotonic()))
        except queue.Empty:
            break
        if ahead is not None:
            found.append(ahead)
    return found


def _ahead(host: str, port: int, timeout_s: float) -> float:
    """The same by one server. Raises OSError without an answer, `ntp.Unfit` for one from which no time can be taken."""
    deadline = time.monotonic() + timeout_s
    family, kind, protocol, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    nonce = os.urandom(8)
    with socket.socket(family, kind, protocol) as line:
        line.connect(address)  # nobody else is heard
        sent = time.monotonic()
        line.send(ntp.request(nonce))
        while True:
            line.settimeout(max(0.001, deadline - time.monotonic()))
            packet = line.recv(_BYTES_MAX)
            if ntp.answers(packet, nonce):
                break
            if time.monotonic() > deadline:
                raise TimeoutError
        right_ms: int = ntp.unix_ms(packet, round((time.monotonic() - sent) * 1000))
        return time.time() - right_ms / 1000
