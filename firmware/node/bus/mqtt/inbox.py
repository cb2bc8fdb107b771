"""Messages between the connection and the task that acts on them, within a fixed number of bytes. Drops nothing: when it is full, `put` waits.

So nothing is read from the broker until there is room again, and TCP makes the broker wait: a flood of retained messages costs time, not memory.
"""

import asyncio


class Inbox:
    """`limit` in bytes of payload; a single message may be larger."""

    def __init__(self, limit):
        self.is_full = False  # somebody waits in `put`
        self._limit = limit
        self._size = 0
        self._messages = []
        self._came = asyncio.Event()
        self._went = asyncio.Event()

    async def put(self, message):
        """Wait for room and add a `packets.Message`. For one task at a time."""
        try:
            while self._messages and self._size + len(message.payload) > self._limit:
                self.is_full = True
                self._went.clear()
                await self._went.wait()
        finally:
            self.is_full = False
        self._messages.append(message)
        self._size += len(message.payload)
        self._came.set()

    async def get(self):
        """Wait for the oldest message. For one task at a time."""
        while not self._messages:
            self._came.clear()
            await self._came.wait()
        message = self._messages.pop(0)
        self._size -= len(message.payload)
        self._went.set()
        return message
