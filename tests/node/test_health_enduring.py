"""A task that had no memory begins anew, not at once; whatever else ends it ends it."""

import asyncio

from support_time import VirtualClock

from node.health.enduring import enduring


def _life(errors, seconds):
    """What became of a task that raises the errors one after the other at its beginning, and when it began."""
    began = []

    async def run():
        began.append(True)
        await asyncio.sleep_ms(0)
        if errors:
            raise errors.pop(0)
        await asyncio.sleep(1_000)

    async def life():
        task = asyncio.create_task(enduring(run, "for the test:"))
        await asyncio.sleep(seconds)
        alive = not task.done()
        if alive:
            task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            pass
        except ValueError as error:
            return len(began), error
        return len(began), alive

    return VirtualClock().run(life())


def test_it_begins_anew_after_each_want_of_memory():
    assert _life([MemoryError(), MemoryError()], 1) == (1, True)
    assert _life([MemoryError(), MemoryError()], 3) == (2, True)
    assert _life([MemoryError(), MemoryError()], 60) == (3, True)


def test_what_else_ends_it_is_told():
    error = ValueError("another thing")
    assert _life([MemoryError(), error], 60) == (2, error)
