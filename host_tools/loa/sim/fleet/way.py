"""The way of one connection between a node of a fleet and the world: what is sent arrives when the node's path lets it, in order and whole.

`Path` says when; what is lost of TCP comes late, of datagrams never. Without a path and without a stall everything arrives at once and nothing is kept here.
"""

import asyncio
from collections import deque
from collections.abc import Callable

from loa.sim.fleet.chip import Chip
from loa.sim.hardware.path import DOWN, UP

_LOOK_S = 0.05  # at a stall, whether it is over
_Arrive = Callable[[bytes], object]


class Way:
    """Of a connection that `chip` makes now, or of its `datagrams`."""

    def __init__(self, chip: Chip, *, datagrams: bool = False) -> None:
        self._chip = chip
        self._flow = None if datagrams else chip.path.flow()
        self._due = chip.path.datagram if self._flow is None else self._flow.due
        self._under_way: dict[int, deque[tuple[int, bytes, _Arrive]]] = {UP: deque(), DOWN: deque()}
        self._alarms: dict[int, asyncio.TimerHandle] = {}

    async def opened(self) -> None:
        """Until a connection that is asked for now stands."""
        while self._chip.stalled:
            await asyncio.sleep(_LOOK_S)
        if not self._chip.path.bare:
            now_us = self._chip.world.clock.now_us()
            assert self._flow is not None, "datagrams are not opened"
            await asyncio.sleep((self._flow.opened(now_us) - now_us) / 1_000_000)

    def carry(self, direction: int, data: bytes, arrive: _Arrive) -> None:
        """Call `arrive(data)` when it is there, at once where nothing delays it; behind all that was carried before."""
        chip, queue = self._chip, self._under_way[direction]
        if not queue and chip.path.bare and not chip.stalled:
            arrive(data)
            return
        due_us = self._due(direction, len(data), chip.world.clock.now_us())
        if due_us is not None:
            queue.append((due_us, data, arrive))
            if len(queue) == 1:
                self._wait(direction)

    def drop(self) -> None:
        """Nothing arrives any more."""
        for alarm in self._alarms.values():
            alarm.cancel()
        for queue in self._under_way.values():
            queue.clear()

    def _wait(self, direction: int, at_least_s: float = 0.0) -> None:
        seconds = (self._under_way[direction][0][0] - self._chip.world.clock.now_us()) / 1_000_000
        self._alarms[direction] = asyncio.get_running_loop().call_later(max(at_least_s, seconds), self._arrive, direction)

    def _arrive(self, direction: int) -> None:
        queue = self._under_way[direction]
        if self._chip.stalled:
            self._wait(direction, _LOOK_S)
            return
        now_us = self._chip.world.clock.now_us()
        while queue and queue[0][0] <= now_us:
            _, data, arrive = queue.popleft()
            arrive(data)
        if queue:
            self._wait(direction)
