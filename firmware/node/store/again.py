"""The task of what writes or erases now and then: it does so when it is asked, and once more a minute after flash has refused."""

import asyncio

from micropython import const

_RETRY_MS = const(60_000)


async def whenever(asked, work, what):
    """Task: await `work()` each time that the event `asked` is set; `what` it is about stands on the console beside an OSError of it."""
    while True:
        await asked.wait()
        asked.clear()
        try:
            await work()
        except OSError as error:
            print(what, error)
            asked.set()
            await asyncio.sleep_ms(_RETRY_MS)
