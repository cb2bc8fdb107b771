"""Reads a source ahead into two buffers, so that the pump finds bytes without waiting and without allocating.

A task of its own per programme: opening and reading may wait for the network as long as they like. It decodes nothing.
"""

import asyncio

from node.refusal import NOT_AUDIO, Refused

BREAK = -1  # what a source's `readinto` returns where the sound before and behind does not join: fade, and start the codec anew


class Chunks:
    """The two buffers, of `size` bytes each, made once by `take`. The feeder fills one while the pump empties the other."""

    def __init__(self, size, take=bytearray):
        self.buffers = (take(size), take(size))
        self.views = tuple(memoryview(buffer) for buffer in self.buffers)
        self.clear()

    def clear(self):
        self.counts = [0, 0]  # bytes in each, BREAK, or 0 where it is free
        self.reading = 0  # which one the pump empties next
        self.ended = False  # nothing comes behind what is in them
        self.refused = None  # the Refused that ended it

    def next(self):
        """The pump is through with the buffer it was reading."""
        self.counts[self.reading] = 0
        self.reading ^= 1


class Feeder:
    """Takes one source from opening to its end; `opened` turns True when its format is known."""

    def __init__(self, chunks, source, start_ms):
        self._chunks = chunks
        self._source = source
        self._start_ms = start_ms
        self._room = asyncio.Event()
        self.opened = False
        chunks.clear()

    def freed(self):
        """The pump may have emptied a buffer: if it has, there is something to do."""
        if 0 in self._chunks.counts:
            self._room.set()

    async def run(self):
        """Open, read to the end, close. A refusal is left in the chunks; any other error is a bug, and the event loop reports it."""
        chunks = self._chunks
        try:
            await self._source.open(self._start_ms)
            self.opened = True
            writing = 0
            while not chunks.ended:
                while chunks.counts[writing]:
                    self._room.clear()
                    await self._room.wait()
                n = await self._source.readinto(chunks.views[writing])
                chunks.counts[writing] = n
                chunks.ended = n == 0
                writing ^= 1
        except Refused as refused:
            chunks.refused = refused
        finally:
            if not chunks.ended and chunks.refused is None:
                chunks.refused = Refused(NOT_AUDIO, "the source failed")
            chunks.ended = True
            self._source.close()
