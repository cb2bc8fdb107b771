"""Ticks wrap at 2**30 as on the chip, and the event loop's sleeps live through it."""

import asyncio
import time


def test_difference_across_the_wrap():
    before = time.ticks_add(0, -5)
    assert 0 < before < 1 << 30
    assert time.ticks_diff(3, before) == 8
    assert time.ticks_diff(before, 3) == -8


def test_ticks_have_30_bits():
    assert 0 <= time.ticks_ms() < 1 << 30
    assert 0 <= time.ticks_us() < 1 << 30
    assert time.ticks_add((1 << 30) - 1, 1) == 0


async def test_sleeps_end_in_order():
    order = []

    async def sleeper(name, milliseconds):
        await asyncio.sleep_ms(milliseconds)
        order.append(name)

    await asyncio.gather(sleeper("second", 30), sleeper("first", 10))
    assert order == ["first", "second"]


async def test_tasks_of_one_time_keep_their_order():
    order = []

    async def step(name):
        order.append(name)
        await asyncio.sleep_ms(0)
        order.append(name)

    await asyncio.gather(*[step(name) for name in "abc"])
    assert order == ["a", "b", "c", "a", "b", "c"]


async def test_wait_for_ms_times_out():
    try:
        await asyncio.wait_for_ms(asyncio.Event().wait(), 5)
        raise AssertionError("no time-out")
    except asyncio.TimeoutError:
        pass


async def test_awaited_task_hands_on_result_and_exception():
    async def result():
        return 7

    async def failure():
        raise ValueError("seven")

    assert await asyncio.create_task(result()) == 7
    try:
        await asyncio.create_task(failure())
        raise AssertionError("no exception")
    except ValueError as error:
        assert error.args[0] == "seven"


async def test_cancel_reaches_the_innermost_wait():
    ended = []

    async def inner():
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.append("inner")
            raise

    async def outer():
        await asyncio.create_task(inner())

    task = asyncio.create_task(outer())
    await asyncio.sleep_ms(1)
    task.cancel()
    try:
        await task
        raise AssertionError("not cancelled")
    except asyncio.CancelledError:
        ended.append("outer")
    assert ended == ["inner", "outer"] and task.done()


async def test_cancelled_sleep_ends_at_once():
    async def long():
        await asyncio.sleep_ms(3_600_000)

    task = asyncio.create_task(long())
    await asyncio.sleep_ms(1)
    task.cancel()
    try:
        await task
        raise AssertionError("not cancelled")
    except asyncio.CancelledError:
        pass


async def test_locks_and_events_wake_in_turn():
    order = []
    lock = asyncio.Lock()
    gate = asyncio.Event()

    async def user(name):
        await gate.wait()
        async with lock:
            order.append(name)
            await asyncio.sleep_ms(1)

    users = [asyncio.create_task(user(name)) for name in "xyz"]
    await asyncio.sleep_ms(1)
    gate.set()
    await asyncio.gather(*users)
    assert order == ["x", "y", "z"]
