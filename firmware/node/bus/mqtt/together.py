"""Tasks that live and die together: the one guard for everything that can end a connection."""

import asyncio


async def together(*coroutines):
    """Run all until one raises, or this task is cancelled; then end the others and raise it. They must not return."""
    tasks = [asyncio.create_task(coroutine) for coroutine in coroutines]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            while not task.done():
                await asyncio.sleep_ms(0)
                task.cancel()  # again: CPython's wait_for before 3.12 can lose a cancellation
