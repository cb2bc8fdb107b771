"""Messages between the connection and the task that acts on them, within a fixed number of bytes, the one that is acted on among them. Drops nothing.

What has no room is not read from the broker, and TCP makes the broker wait: a flood of retained messages costs time, not memory.
"""

import asyncio


class Inbox:
    """`limit` in bytes of payload; a single message may be larger."""

    def __init__(self, limit):
        self.is_full = False  # somebody waits for room
        self._limit = limit
        self._size = 0
        self._messages = []
        self._came = asyncio.Event()
        self._went = asyncio.Event()

    async def wait_room(self, size):
        """Wait until a message of `size` bytes has room; only then `put` it. For one task at a time."""
        try:
            while self._size and self._size + size > self._limit:
                self.is_full = True
                self._went.clear()
                await self._went.wait()
        finally:
            self.is_full = False

    def put(self, message):
        """Add a `packets.Message`."""
        self._messages.append(message)
        self._size += len(message.payload)
        self._came.set()

    async def get(self):
        """Wait for the oldest message; say `done` once it was acted on. For one task at a time."""
        while not self._messages:
            self._came.clear()
            await self._came.wait()
        return self._messages.pop(0)

    def done(self, message):
        """Its bytes are free, whoever still holds the message."""
        self._size -= len(message.payload)
        message.payload = None
        self._went.set()
