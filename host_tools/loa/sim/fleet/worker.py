"""A process full of nodes. It is told what to do, and answers, in pickles over its standard streams; when its input ends, so does it.

`crew` is the other end. Whatever runs on the same loop shares one processor: a fleet has a worker for each of the host's.
"""

import asyncio
import gc
import pickle
import resource
import signal
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from loa.sim.fleet.chip import Chip, World
from loa.sim.fleet.filing import fill, open_file, os_twin
from loa.sim.fleet.hardware import esp32_twin, machine_twin, network_twin
from loa.sim.fleet.kernels import HOST, LEDGER
from loa.sim.fleet.life import Life
from loa.sim.fleet.messages import Assignment, Blank, Boot, Look, Sound
from loa.sim.fleet.meter import Meter
from loa.sim.fleet.runtime import (
    Doors,
    HostDoors,
    asyncio_twin,
    bell_twin,
    gc_twin,
    hold_sleepers,
    micropython_twin,
    print_twin,
    random_twin,
    ssl_twin,
    sys_twin,
    time_twin,
)
from loa.sim.fleet.timing import Clock, RealClock, Wheel
from loa.sim.fleet.universe import Universe
from loa.sim.hardware.surroundings import GONE, UP, calm

_CALM = calm()
_LOOK_S = 1.0
_TOLD_MAX = 200_000
COARSE = {
    "node.audio.sink._BLOCK_MS_MIN": 120,  # instead of 20: a block is 128 ms at 24 kHz
    "node.audio.sink._RING_MS_MIN": 380,  # 240: three blocks
    "node.audio.sink._SMALL_RING_MS": 380,  # 170
    "node.audio.sink._STABLE_BLOCKS": 1,  # 2; one lasts longer than those two
    "node.audio.sink._POLL_MS": 40,  # 5
    "node.audio.player._BEAT_MS": 110,  # 5; with what is left of a tick shorter than a block, which is then looked for once
    "node.link.stream._GUARD_MS": 1_000,  # 200
    "node.link.uplink._TICK_MS": 1_000,  # 250
}
_YOUNG, _OLD = 50_000, (50, 1000)  # how seldom the host looks for cycles: most objects here live as long as their node


def new_universe(clock: Clock, doors: Doors, ledger: bool) -> tuple[World, Universe]:
    """A world of chips on the running loop, and the firmware loaded in it."""
    from loa.sim.fleet.viper import NAMES, viper

    world = World(clock, Wheel(clock, asyncio.get_running_loop()))
    twins = {
        "asyncio": asyncio_twin(world, doors),
        "esp32": esp32_twin(),
        "gc": gc_twin(),
        "machine": machine_twin(),
        "micropython": micropython_twin(LEDGER if ledger else HOST, viper),
        "network": network_twin(),
        "os": os_twin(),
        "random": random_twin(),
        "socket": doors.socket_twin(),
        "ssl": ssl_twin(),
        "sys": sys_twin(),
        "time": time_twin(world),
    }
    universe = Universe(twins, {"open": open_file, "print": print_twin, **NAMES})
    universe.set("node.bell.Bell", bell_twin(world))
    return world, universe


def share_sine(universe: Universe) -> None:
    """The table of sines that chime and siren are made of is computed once for all nodes, which only read it."""
    tone = universe.load("node.audio.sources.tone")
    table = tone.__dict__["quarter_sine"]()
    universe.set("node.audio.sources.tone.quarter_sine", lambda: table)


def new_chip(world: World, blank: Blank) -> Chip:
    """A board without power."""
    sizes = (blank.journal_blocks, blank.data_blocks)
    return Chip(world, blank.node, blank.files, *sizes, blank.seed, lot=blank.lot, path=blank.path, crystal=blank.crystal)


class Worker:
    """The nodes of one process. Every public coroutine is something it can be told."""

    def __init__(self, assignment: Assignment) -> None:
        self._world, universe = new_universe(RealClock(), HostDoors(), assignment.ledger)
        if assignment.coarse:
            for constant, value in COARSE.items():
                universe.set(constant, value)
        self._asyncio, self._holds = universe.twin("asyncio"), False
        self._meter = Meter()
        self._meter.install(universe, twin=assignment.ledger)
        if assignment.ledger:
            share_sine(universe)
        self._told: deque[Sound | Boot] = deque(maxlen=_TOLD_MAX)
        self._flickering: set[asyncio.Task[None]] = set()
        self._paths = {blank.node: blank.path for blank in assignment.blanks}
        self._lives = {blank.node: Life(universe, self._chip(blank), self._told.append) for blank in assignment.blanks}

    async def start(self) -> None:
        """Switch all of them on, one after the other."""
        for life in self._lives.values():
            life.start()
            await asyncio.sleep(0)

    async def look(self) -> Look:
        """How things are."""
        lives = self._lives.values()
        return Look(
            nodes=len(lives),
            powered=sum(life.chip.powered for life in lives),
            online=sum(life.online for life in lives),
            air=Counter(life.on_air for life in lives if life.on_air is not None),
            underruns=sum(life.chip.underruns for life in lives),
            sounded_s=sum(life.chip.sounded_us for life in lives) / 1_000_000,
            cpu_s=time.process_time(),
            rss_kb=_rss_kb(),
            checks=self._meter.checks,
            check_cpu_s=self._meter.cpu_ns / 1_000_000_000,
        )

    async def nodes(self) -> dict[str, tuple[bool, bool, str | None]]:
        """(powered, online, key on the air) of each."""
        return {name: (life.chip.powered, life.online, life.on_air) for name, life in self._lives.items()}

    async def told(self) -> list[Sound | Boot]:
        """What happened since this was asked last."""
        told = list(self._told)
        self._told.clear()
        return told

    async def logs(self) -> dict[str, list[str]]:
        """The last lines that each node printed."""
        return {name: list(life.chip.log) for name, life in self._lives.items()}

    async def power(self, names: list[str], on: bool) -> None:
        """Cut the power of some, or give it back."""
        for name in names:
            if on:
                self._lives[name].start()
            else:
                await self._lives[name].off()

    async def link(self, names: list[str], up: bool) -> None:
        """Take the network of some away, or bring it back."""
        for name in names:
            self._lives[name].link(UP if up else GONE)

    async def flicker(self, name: str, how: Mapping[str, Any]) -> None:
        """Begin to let the supply of one flicker: `times` without power, for `off_ms` each, and `on_ms` with power behind it."""
        if self._lives[name].chip.powered:
            task = asyncio.create_task(self._flicker(self._lives[name], how))
            self._flickering.add(task)
            task.add_done_callback(self._flickering.discard)

    async def _flicker(self, life: Life, how: Mapping[str, Any]) -> None:
        for number in range(how["times"]):
            await life.off()
            await asyncio.sleep(how["off_ms"][number] / 1000)
            life.start()
            await asyncio.sleep(how["on_ms"][number] / 1000)

    async def surround(self, name: str, laid: Mapping[str, Any]) -> None:
        """What is other than usual around one from now on, see `loa.sim.storms.subject`."""
        life, around = self._lives[name], {**_CALM, **laid}
        chip = life.chip
        chip.path.figures = {**self._paths[name], **laid["path"]}
        chip.stall(bool(around["stalled_ns"]))
        if around["erase_ms"] and not self._holds:
            self._holds = True
            hold_sleepers(self._asyncio, self._world)
        chip.erase_us = round(max(around["erase_ms"] or [0]) * 1_000)
        chip.dns = around["dns"]
        chip.detours, chip.time_lie = around["detours"], around["time_lie"]
        if chip.link != around["link"]:
            life.link(around["link"])

    async def fill(self, name: str, full: bool) -> None:
        """Fill the data partition of one, or free it."""
        fill(self._lives[name].chip, full=full)

    async def lose(self, name: str, count: int) -> None:
        """So many of the next callbacks of one never come."""
        self._lives[name].chip.lose = count

    async def settle(self) -> None:
        """What lives now will live on: the host need not look through it for cycles again and again."""
        gc.collect()
        gc.freeze()

    async def watch(self) -> None:
        """Task: the watchdogs of all boards."""
        while True:
            await asyncio.sleep(_LOOK_S)
            for life in self._lives.values():
                life.look_after()

    def _chip(self, blank: Blank) -> Chip:
        return new_chip(self._world, blank)


@dataclass
class _Wire:
    """Standard input as a queue of what is to be done; a thread reads it, because pickles cannot be read in parts."""

    loop: asyncio.AbstractEventLoop
    orders: "asyncio.Queue[tuple[str, tuple[Any, ...], bool] | None]" = field(default_factory=asyncio.Queue)

    def listen(self) -> None:
        """In a thread, until the input ends."""
        while True:
            try:
                order = pickle.load(sys.stdin.buffer)
            except EOFError:
                order = None
            self.loop.call_soon_threadsafe(self.orders.put_nowait, order)
            if order is None:
                return

    def answer(self, value: object) -> None:
        """Send it up."""
        sys.stdout.buffer.write(pickle.dumps(value))
        sys.stdout.buffer.flush()


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _loop, _context: None)  # what a node's task raises stands in the node's log
    wire = _Wire(loop)
    assignment: Assignment = pickle.load(sys.stdin.buffer)
    worker = Worker(assignment)
    watching = asyncio.create_task(worker.watch())
    threading.Thread(target=wire.listen, daemon=True).start()
    wire.answer(None)
    while (order := await wire.orders.get()) is not None:
        name, arguments, answered = order
        action: Callable[..., Any] = getattr(worker, name)
        result = await action(*arguments)
        if answered:
            wire.answer(result)
    watching.cancel()


def _rss_kb() -> int:
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize() // 1024


def main() -> None:
    """The process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole terminal; who started this process decides
    gc.set_threshold(_YOUNG, *_OLD)
    asyncio.run(_serve())


if __name__ == "__main__":
    main()
