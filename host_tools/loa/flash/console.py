"""MicroPython's console on a serial port, as far as it is needed to come to its prompt. What is said there is the caller's."""

import time
from typing import Any

PROMPT = b">>> "
_INTERRUPT = b"\r\x03"
_TAP_S = 0.05
_KEPT = 2000  # bytes, of what is read at once


def tap(port: Any, seconds: float) -> bytes:
    """Press Ctrl-C again and again until the prompt is there; returns what was heard last."""
    deadline = time.monotonic() + seconds
    heard = b""
    while PROMPT not in heard and time.monotonic() < deadline:
        port.write(_INTERRUPT)
        time.sleep(_TAP_S)
        heard = (heard + _waiting(port))[-2 * _KEPT :]
    return heard


def _waiting(port: Any) -> bytes:
    """What has come, or the beginning of it. pyserial's sockets tell only that there is something, not how much."""
    heard = b""
    while len(heard) < _KEPT and (count := port.in_waiting):
        heard += port.read(count)
    return heard
