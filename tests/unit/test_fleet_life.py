"""A node's life in a fleet: an error is printed and ends in the watchdog's reset, a reset keeps the RTC, a power cut leaves nothing running."""

import asyncio
import textwrap
from collections.abc import Awaitable, Callable
from pathlib import Path

from loa.sim.fleet.chip import Chip
from loa.sim.fleet.inner import InnerBroker, InnerDoors
from loa.sim.fleet.life import Life
from loa.sim.fleet.messages import Boot
from loa.sim.fleet.timing import VirtualClock, VirtualLoop
from loa.sim.fleet.universe import Universe
from loa.sim.fleet.worker import new_universe

BOARD = """
import machine
class Board:
    def __init__(self, root, watchdog):
        self.root, self.watchdog, self.rtc = root, watchdog, machine.RTC()
        self.cause, self.reset = machine.reset_cause(), machine.reset
"""


def live(folder: Path, application: str, story: Callable[[Life], Awaitable[None]]) -> list[str]:
    """Run `story` on a node with that `node/app.py`; returns the causes of its starts."""
    (folder / "node").mkdir()
    (folder / "node" / "__init__.py").write_text("")
    (folder / "node" / "board.py").write_text(BOARD)
    (folder / "node" / "app.py").write_text(textwrap.dedent(application))
    clock = VirtualClock(1_700_000_000_000_000)
    told: list[Boot] = []

    async def run() -> None:
        world, real = new_universe(clock, InnerDoors(clock, InnerBroker(lambda topic, payload: None), lambda sha256: None), True)
        universe = Universe(real.twins, real.names, folder)
        life = Life(universe, Chip(world, "a", {}, 16, 8, 1), told.append)
        life.start()
        await story(life)
        await life.off()
        assert not life.chip.tasks

    loop = VirtualLoop(clock)
    try:
        loop.run_until_complete(run())
    finally:
        loop.close()
    return [boot.cause for boot in told]


async def watched(life: Life, seconds: int) -> None:
    for _ in range(seconds):
        await asyncio.sleep(1)
        life.look_after()


def test_a_program_that_raises_is_printed_and_reset_by_the_watchdog(tmp_path: Path) -> None:
    async def story(life: Life) -> None:
        await watched(life, 12)
        assert any("ZeroDivisionError" in line for line in life.chip.log)

    application = """
        class Node:
            def __init__(self, board): pass
            async def run(self): 1 // 0
    """
    assert live(tmp_path, application, story) == ["power", "watchdog"]


def test_a_task_that_hangs_is_reset_though_others_run(tmp_path: Path) -> None:
    application = """
        import asyncio
        class Node:
            def __init__(self, board): self.board = board
            async def run(self):
                for _ in range(3):
                    self.board.watchdog.feed()
                    await asyncio.sleep_ms(5000)
                await asyncio.Event().wait()
    """
    assert live(tmp_path, application, lambda life: watched(life, 30)) == ["power", "watchdog"]


def test_a_reset_keeps_the_rtc_and_a_power_cut_does_not(tmp_path: Path) -> None:
    application = """
        import asyncio
        class Node:
            def __init__(self, board): self.board = board
            async def run(self):
                print(self.board.cause, bytes(self.board.rtc.memory()))
                self.board.rtc.memory(b"word")
                await asyncio.sleep_ms(1000)
                if self.board.cause == 1:
                    self.board.reset()
                await asyncio.Event().wait()
    """

    async def story(life: Life) -> None:
        await asyncio.sleep(3)
        await life.off()
        life.start()
        await asyncio.sleep(0.5)
        assert list(life.chip.log) == ["1 b''", "2 b'word'", "1 b''"]

    assert live(tmp_path, application, story) == ["power", "hard", "power"]


def test_nothing_of_a_node_runs_on_after_a_power_cut(tmp_path: Path) -> None:
    application = """
        import asyncio
        class Node:
            def __init__(self, board): pass
            async def count(self):
                while True:
                    print("tick")
                    await asyncio.sleep_ms(100)
            async def run(self):
                self.task = asyncio.create_task(self.count())
                try:
                    await asyncio.Event().wait()
                finally:
                    open("/data/late", "w")
    """

    async def story(life: Life) -> None:
        await asyncio.sleep(1)
        await life.off()
        said = len(life.chip.log)
        await asyncio.sleep(5)
        assert len(life.chip.log) == said > 5
        assert "data/late" not in life.chip.files

    assert live(tmp_path, application, story) == ["power"]
