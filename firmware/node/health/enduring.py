"""Keeps tasks alive that a board without PSRAM has no memory for at some moment: what they do can be done a little later.

Only for tasks that may begin anew at any await: they hold nothing that is not kept elsewhere. The collector has run when memory is said to be wanting.
"""

import asyncio

from micropython import const

_AGAIN_MS = const(2_000)  # a document is judged, a report sent meanwhile


async def enduring(run, name):
    """Task: `await run()`, begun anew after each MemoryError of it, which stands on the console with `name`."""
    while True:
        try:
            return await run()
        except MemoryError as error:
            print(name, error)
        await asyncio.sleep_ms(_AGAIN_MS)
