"""The gate keeps writers out while sound is out, lets one in at a time, and lets the sound wait for the one inside, but not for ever."""

import asyncio

from node.store.gate import EraseGate


async def _turns(count=10):
    for _ in range(count):
        await asyncio.sleep_ms(0)


async def test_writers_go_one_by_one_and_only_in_silence():
    gate = EraseGate()
    inside = []
    most = []

    async def writer():
        async with gate.writing():
            inside.append(1)
            most.append(len(inside))
            assert gate.open
            await asyncio.sleep_ms(0)
            inside.pop()

    gate.close()
    tasks = [asyncio.create_task(writer()) for _ in range(3)]
    await _turns()
    assert most == []
    gate.reopen()
    await asyncio.gather(*tasks)
    assert most == [1, 1, 1]


async def test_a_writer_that_waited_for_its_turn_does_not_enter_a_closed_gate():
    gate = EraseGate()
    entered = []
    first_may_end = asyncio.Event()

    async def first():
        async with gate.writing():
            await first_may_end.wait()

    async def second():
        async with gate.writing():
            entered.append(gate.open)

    tasks = [asyncio.create_task(first()), asyncio.create_task(second())]
    await _turns()
    gate.close()
    first_may_end.set()
    assert await gate.wait_quiet()
    await _turns()
    assert entered == []
    gate.reopen()
    await asyncio.gather(*tasks)
    assert entered == [True]


async def test_sound_waits_for_the_writer_but_not_for_ever():
    gate = EraseGate()
    assert await gate.wait_quiet()
    stuck = asyncio.Event()

    async def writer():
        async with gate.writing():
            await stuck.wait()

    task = asyncio.create_task(writer())
    await _turns()
    gate.close()
    assert not await gate.wait_quiet(5)
    stuck.set()
    assert await gate.wait_quiet()
    await task


async def test_an_error_inside_leaves_the_gate_free():
    gate = EraseGate()
    try:
        async with gate.writing():
            raise OSError(28)
    except OSError:
        pass
    async with gate.writing():
        pass
    await gate.wait_open()
    assert gate.open
