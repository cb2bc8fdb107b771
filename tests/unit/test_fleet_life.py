"""A node's life in a fleet: an error is printed and ends in the watchdog's reset, a reset keeps the RTC, a power cut leaves nothing running."""

import asyncio
import textwrap
from collections.abc import Awaitable, Callable
from pathlib import Path

from loa.sim.fleet.chip import Chip
from loa.sim.fleet.inner import InnerBroker, InnerDoors
from loa.sim.fleet.life import Life
from loa.sim.fleet.messages import Boot
from loa.sim.fleet.runtime import hold_sleepers
from loa.sim.fleet.timing import VirtualClock, VirtualLoop
from loa.sim.fleet.universe import Universe
from loa.sim.fleet.way import Way
from loa.sim.fleet.worker import new_universe
from loa.sim.hardware.path import DOWN

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
        hold_sleepers(real.twins["asyncio"], world)
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


ERASING = """
    import asyncio
    import esp32
    import time
    class Node:
        def __init__(self, board): self.began = time.ticks_ms()
        def say(self, what): print(what, time.ticks_diff(time.ticks_ms(), self.began))
        async def count(self):
            while True:
                await asyncio.sleep_ms(100)
                self.say("tick")
        async def run(self):
            self.task = asyncio.create_task(self.count())
            await asyncio.sleep_ms(250)
            esp32.Partition.find(1, label="journal")[0].ioctl(6, 0)
            await asyncio.sleep_ms(0)
            self.say("erased")
            await asyncio.Event().wait()
"""


def test_a_slow_erase_holds_the_program_and_nothing_passes_meanwhile(tmp_path: Path) -> None:
    async def story(life: Life) -> None:
        life.chip.erase_us = 400_000
        came: list[bytes] = []
        await asyncio.sleep(0.4)
        assert life.chip.stalled
        Way(life.chip).carry(DOWN, b"order", came.append)
        await asyncio.sleep(0.2)
        assert came == []
        await asyncio.sleep(0.2)
        assert came == [b"order"]
        assert list(life.chip.log) == ["tick 100", "tick 200", "erased 650", "tick 650", "tick 750"]

    assert live(tmp_path, ERASING, story) == ["power"]


def test_a_slow_erase_ends_with_the_power_and_no_stall_of_the_network_with_it(tmp_path: Path) -> None:
    async def story(life: Life) -> None:
        life.chip.erase_us = 400_000
        life.chip.stall(True)
        await asyncio.sleep(0.3)
        await life.off()
        life.start()
        await asyncio.sleep(0.15)
        assert list(life.chip.log) == ["tick 100", "tick 200", "tick 100"]
        assert life.chip.stalled
        life.chip.stall(False)
        assert not life.chip.stalled

    assert live(tmp_path, ERASING, story) == ["power", "power"]


def test_an_erase_takes_no_time_otherwise(tmp_path: Path) -> None:
    async def story(life: Life) -> None:
        await asyncio.sleep(0.35)
        assert list(life.chip.log) == ["tick 100", "tick 200", "erased 250", "tick 300"]

    assert live(tmp_path, ERASING, story) == ["power"]
