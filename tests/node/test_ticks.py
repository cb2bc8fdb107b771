"""Ticks wrap at 2**30 as on the chip, and the event loop's sleeps live through it."""

import asyncio
import time


def test_difference_across_the_wrap():
    before = time.ticks_add(0, -5)
    assert 0 < before < 1 << 30
    assert time.ticks_diff(3, before) == 8
    assert time.ticks_diff(before, 3) == -8


async def test_sleeps_end_in_order():
    order = []

    async def sleeper(name, milliseconds):
        await asyncio.sleep_ms(milliseconds)
        order.append(name)

    await asyncio.gather(sleeper("second", 30), sleeper("first", 10))
    assert order == ["first", "second"]


async def test_wait_for_ms_times_out():
    try:
        await asyncio.wait_for_ms(asyncio.Event().wait(), 5)
        raise AssertionError("no time-out")
    except asyncio.TimeoutError:
        pass
