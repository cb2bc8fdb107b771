"""The fleet's bell is the firmware's: it wakes one task, at once or on the tick of its time limit, and loses neither a ring nor a cancellation."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from loa.sim.fleet.chip import World
from loa.sim.fleet.runtime import bell_twin
from loa.sim.fleet.timing import VirtualClock, VirtualLoop, Wheel


def run(scenario: Callable[[Any, VirtualClock], Coroutine[Any, Any, None]]) -> None:
    clock = VirtualClock(1_790_000_000_000_000)
    loop = VirtualLoop(clock)

    async def within() -> None:
        await scenario(bell_twin(World(clock, Wheel(clock, loop)))(), clock)

    try:
        loop.run_until_complete(within())
    finally:
        loop.close()


def test_it_rings_before_in_and_behind_the_wait() -> None:
    async def scenario(bell: Any, clock: VirtualClock) -> None:
        bell.ring()
        assert bell.rung and await bell.within(60_000) and bell.rung
        bell.clear()
        waiting = asyncio.ensure_future(bell.within(60_000))
        await asyncio.sleep(0)
        bell.ring()
        assert await waiting and clock.now_us() == 0
        bell.clear()
        assert not bell.rung

    run(scenario)


def test_a_wait_in_vain_ends_on_the_tick_and_the_next_one_waits_anew() -> None:
    async def scenario(bell: Any, clock: VirtualClock) -> None:
        assert not await bell.within(25)
        assert clock.now_us() == 30_000
        assert not await bell.within(0)
        assert clock.now_us() == 40_000
        bell.ring()
        bell.clear()
        assert not await bell.within(10)

    run(scenario)


def test_a_cancelled_wait_is_cancelled_and_the_ring_stays() -> None:
    async def scenario(bell: Any, clock: VirtualClock) -> None:
        waiting = asyncio.ensure_future(bell.within(60_000))
        await asyncio.sleep(0)
        waiting.cancel()
        bell.ring()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert await bell.within(60_000) and clock.now_us() == 0

    run(scenario)
