"""Ports that no other test run on this machine uses, below those that the system gives to outgoing connections.

A port that was found free by opening it may be gone a moment later, and while a broker is down the system may give its port to somebody else's
connection. Here a run claims a block of ports for as long as its process lives, by a lock that the system lets go when it ends.
"""

import fcntl
import os
import socket
from pathlib import Path
from tempfile import gettempdir
from typing import IO

from loa.errors import LoaError
from loa.language import _

_FIRST = 16_384
_BLOCK = 64
_BLOCKS = 240  # up to 31,743; Linux gives outgoing connections 32,768 and above, macOS 49,152


class Ports:
    """One block of them; claimed at the first `take`."""

    def __init__(self, folder: Path | None = None) -> None:
        """`folder`: where the locks lie, the same for all runs that are to keep apart."""
        self._folder = folder or Path(gettempdir()) / f"loa-ports-{os.getuid()}"
        self._lock: IO[str] | None = None
        self._first = 0
        self._taken = 0

    def take(self) -> int:
        """The next one of the block that is free for TCP and UDP; those taken longest ago come again. Raises `LoaError` if there is none."""
        if self._lock is None:
            self._claim()
        for _attempt in range(_BLOCK):
            port = self._first + self._taken % _BLOCK
            self._taken += 1
            if _is_free(port):
                return port
        raise LoaError(
            _("no port from {first} to {last} is free", first=self._first, last=self._first + _BLOCK - 1), _("end what listens there")
        )

    def _claim(self) -> None:
        self._folder.mkdir(exist_ok=True)
        for number in range(_BLOCKS):
            lock = (self._folder / str(number)).open("w")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.close()
                continue
            self._lock, self._first = lock, _FIRST + number * _BLOCK
            return
        raise LoaError(
            _("{count} test runs have claimed all ports", count=_BLOCKS), _("end some; the locks are in {folder}", folder=self._folder)
        )


def _is_free(port: int) -> bool:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("", port))
            except OSError:
                return False
    return True
