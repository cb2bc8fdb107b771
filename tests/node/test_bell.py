"""A bell wakes one task, at once or by its time limit, and loses neither a ring nor a cancellation."""

import asyncio

from node.bell import Bell


async def test_it_rings_before_in_and_behind_the_wait():
    bell = Bell()
    assert not bell.rung and not await bell.within(1)
    bell.ring()
    assert bell.rung and await bell.within(60_000) and bell.rung
    bell.clear()
    assert not bell.rung and not await bell.within(0)
    heard = []

    async def wait():
        heard.append(await bell.within(60_000))
        bell.clear()
        heard.append(await bell.within(60_000))

    task = asyncio.create_task(wait())
    await asyncio.sleep_ms(0)
    bell.ring()
    while not heard:
        await asyncio.sleep_ms(0)
    assert heard == [True] and not task.done()
    bell.ring()
    await task
    assert heard == [True, True]


async def test_a_cancelled_wait_ends_whatever_rings_meanwhile():
    for _ in range(3):
        bell = Bell()
        task = asyncio.create_task(bell.within(60_000))
        await asyncio.sleep_ms(0)
        task.cancel()
        bell.ring()
        try:
            await task
            assert not hasattr(asyncio, "core")  # CPython's `wait_for` may lose a cancellation to what it waits for
        except asyncio.CancelledError:
            pass
        assert bell.rung and await bell.within(60_000)


async def test_many_rings_at_the_very_time_limit():
    bell = Bell()
    rings = 0

    async def ring():
        for _ in range(50):
            await asyncio.sleep_ms(1)
            bell.ring()

    ringing = asyncio.create_task(ring())
    while not ringing.done():
        if await bell.within(1):
            rings += 1
        bell.clear()
    assert 0 < rings <= 50
