"""Scripted lives of the node's parts, as busy as they may be: a full plan on a full day, and sound of every codec cut and resumed.

They stand on the fakes of tests/node, so that time is virtual and a life of hours takes seconds.
"""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

from loa.firmware import documents

_NODE_TESTS = Path(__file__).resolve().parent.parent / "node"
sys.path[:0] = [str(_NODE_TESTS), str(Path(__file__).resolve().parent.parent.parent / "host_tools" / "loa" / "sim" / "cpython")]

import compat

compat.install()

import support_audio
import support_plan

from node.audio.sources.file import FileSource

_SLOTS = 64
_ORDERS = 32


def plan() -> None:
    """A plan and air with as many slots and orders as fit, many at one time; a day of decisions, then a leap of a week."""

    async def decide() -> None:
        slots = [
            support_plan.slot(f"s{number}", support_plan.time(6 + number % 12, number % 4), support_plan.time(18, number % 4), late=7200)
            for number in range(_SLOTS)
        ]
        agenda = support_plan.Agenda(support_plan.HAMLET, "n", support_plan.D)
        for _ in agenda.plan_steps("p/c", support_plan.plan(*slots, quiet=[[support_plan.time(12), support_plan.time(13)]])):
            await asyncio.sleep(0)
        orders = [support_plan.order(f"o{number}", rank=documents.CLASSES[number % 3], repeat=20) for number in range(_ORDERS)]
        agenda.put_air("p/c", support_plan.air(*orders))
        await asyncio.sleep(0)
        now, playing = support_plan.D, None
        while now < support_plan.D + support_plan.DAY:
            decision = agenda.decide(now, True)
            await asyncio.sleep(0)
            if decision.item is not None and decision.item.key == playing:
                agenda.ended(playing)
            playing = decision.item and decision.item.key
            # A decision that is not complete asks to be asked at once; otherwise a bulletin plays for a while.
            now = decision.wake if decision.wake is not None and decision.wake <= now else now + 60
        agenda.decide(now + 7 * support_plan.DAY, True)

    asyncio.run(decide())


def player() -> None:
    """Files of every codec from the start and from the middle, a stop in the middle, a change of volume."""

    async def listen(bench: support_audio.Bench) -> None:
        for name in ("sweep.wav", "quiet.wav", "noise.wav", "clipped.wav", "random.wav"):
            for start_ms in (0, 40):
                await bench.player.play(FileSource(support_audio.vector_file(name)), start_ms)
        playing = asyncio.create_task(bench.player.play(support_audio.MemorySource(_FORMAT, [bytes(support_audio.sine(48_000))])))
        await asyncio.sleep_ms(300)  # type: ignore[attr-defined]
        bench.player.set_volume(20)
        await asyncio.sleep_ms(300)  # type: ignore[attr-defined]
        bench.player.stop()
        await playing

    support_audio.Bench().run(listen)


_FORMAT = support_audio.format_of(support_audio.pcm_head())
LIVES: dict[str, Callable[[], None]] = {"plan": plan, "player": player}
