"""A datagram socket of a node on the host's network: what is sent and what comes takes the node's path, on which it is late or lost without a word."""

import asyncio
import errno
import socket
from functools import partial
from typing import Any

from loa.sim.fleet.chip import CURRENT
from loa.sim.fleet.way import Way
from loa.sim.hardware.astray import told_the_time
from loa.sim.hardware.path import DOWN, UP

_DNS_PORT = 53
_LONGEST = 1500  # of the network behind it


class Datagrams(socket.socket):
    """Of the node that makes it; never blocks. What is under way when it is closed, or the network gone, arrives nowhere."""

    def __init__(self, *kind: int) -> None:
        super().__init__(*kind)
        self._chip = CURRENT.get()
        self._chip.connections.add(self)
        self._way = Way(self._chip, datagrams=True)
        self._came: list[tuple[bytes, Any]] = []
        self._watched: asyncio.AbstractEventLoop | None = None

    def sendto(self, datagram: Any, peer: Any) -> int:  # type: ignore[override]
        """Send. OSError where there is no route."""
        if not self._chip.reachable:
            raise OSError(errno.EHOSTUNREACH, "no route")
        if peer[1] != _DNS_PORT or self._chip.dns:
            self._way.carry(UP, bytes(datagram), lambda data: super(Datagrams, self).sendto(data, peer))
        if self._watched is None and not self._chip.path.bare:
            self._watched = asyncio.get_running_loop()  # from when an answer comes its delay counts, not from when it is asked for
            self._watched.add_reader(self, self._take_in)
        return len(datagram)

    def recvfrom(self, limit: int) -> tuple[bytes, Any]:  # type: ignore[override]
        """The first that has arrived, and its sender. OSError(EAGAIN) if none has."""
        self._take_in()
        if not self._came:
            raise OSError(errno.EAGAIN, "nothing came")
        datagram, sender = self._came.pop(0)
        return datagram[:limit], sender

    def close(self) -> None:
        """Close."""
        if self._watched is not None:
            self._watched.remove_reader(self)
            self._watched = None
        self._way.drop()
        self._chip.connections.discard(self)
        super().close()

    def abort(self) -> None:
        """The network is gone, or the power."""
        self._way.drop()

    def _take_in(self) -> None:
        while True:
            try:
                datagram, sender = super().recvfrom(_LONGEST)
            except BlockingIOError:
                return
            if self._chip.reachable:
                self._way.carry(DOWN, datagram, partial(self._arrive, sender))

    def _arrive(self, sender: Any, datagram: bytes) -> None:
        self._came.append((told_the_time(self._chip.time_lie, sender[1], datagram), sender))
