"""One node of a fleet from power-on to power-off: starts the firmware on its chip, ends it as a power cut does, starts it again after a reset."""

import asyncio
import contextvars
import traceback
from collections.abc import Callable
from typing import Any

from loa.sim.fleet.chip import CURRENT, POWER, WATCHDOG, Chip
from loa.sim.fleet.messages import Boot, Sound
from loa.sim.fleet.universe import Universe
from loa.sim.hardware.surroundings import UP

OFF = "off"
_WATCHDOG_MS = 10_000  # `main.py`


class Life:
    """`tell(what)` hears of each `Sound` and `Boot`. Power is cut between two instructions of the event loop, not within one."""

    def __init__(self, universe: Universe, chip: Chip, tell: Callable[[Sound | Boot], object]) -> None:
        self.chip = chip
        self.node: Any = None
        self._universe = universe
        self._tell = tell
        self._context = contextvars.copy_context()
        self._context.run(CURRENT.set, chip)
        self._task: asyncio.Task[None] | None = None
        self._ended: asyncio.Future[str] | None = None
        self._fed_us = 0
        chip.on_reset = self._end
        chip.on_sound = self._on_sound
        chip.watchdog_fed = self._on_fed

    def start(self, cause: str = POWER) -> None:
        """Switch on."""
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run(cause))

    def cut(self) -> None:
        """The power fails."""
        self._end(OFF)

    async def off(self) -> None:
        """The power fails; returns when nothing of the node runs any more."""
        self.cut()
        if self._task is not None:
            await self._task

    def link(self, link: str) -> None:
        """What the access point says from now on, one of `surroundings.LINKS`; unless that is `UP`, all connections break."""
        self.chip.link = link
        if link != UP:
            for connection in list(self.chip.connections):
                connection.abort()

    def look_after(self) -> None:
        """The watchdog circuit: to be called every second or so."""
        chip = self.chip
        if chip.powered and chip.watchdog_ms is not None and chip.world.clock.now_us() - self._fed_us > chip.watchdog_ms * 1_000:
            self._end(WATCHDOG)

    @property
    def online(self) -> bool:
        """True while its session with the broker stands."""
        return self.chip.powered and self.node is not None and bool(self.node.session.connected)

    @property
    def on_air(self) -> str | None:
        """Key of what it plays or is about to play."""
        on_air: str | None = self.node.conductor.on_air if self.chip.powered and self.node is not None else None
        return on_air

    async def _run(self, cause: str) -> None:
        chip, loop = self.chip, asyncio.get_running_loop()
        while cause != OFF:
            chip.power_on(cause)
            self._fed_us = chip.world.clock.now_us()
            self._ended = loop.create_future()
            self._tell(Boot(chip.node_id, chip.world.clock.unix_us(), cause))
            program = loop.create_task(self._program(), context=self._context.copy())
            chip.tasks.add(program)
            cause = await self._ended
            chip.power_off()
            self.node = None
            while chip.tasks:
                for task in list(chip.tasks):
                    task.cancel()
                    chip.tasks.discard(task) if task.done() else None
                await asyncio.sleep(0)

    async def _program(self) -> None:
        """What `main.py` starts, from the board on. An error is printed, and then nothing feeds the watchdog."""
        try:
            watchdog = self._context.run(self._universe.twin("machine").WDT, timeout=_WATCHDOG_MS)
            board = self._universe.load("node.board").Board("", watchdog)
            self.node = self._universe.load("node.app").Node(board)
            await self.node.run()
        except asyncio.CancelledError:
            if self.chip.powered:
                raise
        except Exception:  # noqa: BLE001 - as the prompt does: printed, whatever it is
            self.chip.log.append(traceback.format_exc())

    def _end(self, why: str) -> None:
        if self._ended is not None and not self._ended.done():
            self._ended.set_result(why)

    def _on_sound(self, unix_us: int) -> None:
        self._tell(Sound(self.chip.node_id, unix_us, self.on_air))

    def _on_fed(self) -> None:
        self._fed_us = self.chip.world.clock.now_us()
        self.chip.crystal.turn(self._fed_us)  # often enough for its warmth
