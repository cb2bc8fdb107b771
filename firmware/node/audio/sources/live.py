"""A live stream over HTTP that is kept going: read into a ring, taken up again when it breaks, from the backup if need be.

How long a dead stream is waited for is the player's business, and what is played instead the conductor's.
"""

import asyncio

from micropython import const

from node.audio.feeder import BREAK
from node.audio.sources.connection import Connection
from node.audio.wav import MP3
from node.refusal import FULL, NOT_AUDIO, Refused

_TRIES = const(2)  # failures in a row before the other address is tried
_JOIN_FRAMES = const(1152)  # of MP3 joined in the middle lack the half of their sound that the frame before would have brought
_PREFILL_MS = const(500)  # kept in the ring before it plays, at most half of the ring


class LiveSource:
    """See `node.audio.sources`.

    `get(url, headers)` is a coroutine that returns a response (see `Connection`) and raises Refused; it and the response's reads end by themselves
    in seconds. `urls`: the address and, if there is one, its backup. `backoff` has `next()` in ms and `reset()`. `ring`: a `Jitter`. `headers`: what
    the server is told.
    """

    def __init__(self, get, urls, backoff, ring, headers=None):
        self._get = get
        self._urls = urls
        self._headers = headers or {}
        self._backoff = backoff
        self._ring = ring
        self._failures = 0
        self._place = 0  # in urls
        self._receiver = None
        self._connection = None
        self._closed = False
        self._arrived = asyncio.Event()
        self._room = asyncio.Event()
        self._prefill = 0
        self._filling = True
        self.format = None
        self.skip_frames = 0
        self.frames_left = -1
        self.total_ms = None
        self.reconnects = 0
        self.starvations = 0

    async def open(self, start_ms):
        """Connect, to the backup if need be, and raise the last refusal when all failed; `start_ms` means nothing here, live is now."""
        for tries_left in range(_TRIES * len(self._urls) - 1, -1, -1):
            try:
                self._connection = await self._connect()
                break
            except Refused as refused:
                if not tries_left:
                    raise refused
                await self._after_failure()
        format = self._connection.format
        if self._ring.size < 2 * format.block_bytes:
            raise Refused(NOT_AUDIO, f"blocks of {format.block_bytes} bytes")
        self._prefill = min(_PREFILL_MS * format.rate // 1000 * format.block_bytes // format.block_frames, self._ring.size // 2)
        try:
            self._ring.begin(format.block_bytes)
        except MemoryError:
            raise Refused(FULL, "no memory for the stream")
        self.format = format
        self.skip_frames = _JOIN_FRAMES if format.codec == MP3 else 0
        self._receiver = asyncio.create_task(self._receive())

    async def readinto(self, view):
        ring = self._ring
        while True:
            while self._filling and ring.count < self._prefill and not ring.broken:
                self._arrived.clear()
                await self._arrived.wait()
            n = ring.read(view)
            self._room.set()
            self._filling = n in (0, BREAK)
            if n:
                return n
            self.starvations += 1

    def close(self):
        self._closed = True
        if self._receiver:
            self._receiver.cancel()
        if self._connection:
            self._connection.close()
        self._ring.end()

    async def _receive(self):
        """Fill the ring as long as the source is open."""
        while True:
            try:
                await self._pour()
            except Refused:
                pass  # as good as an end: the stream is taken up again either way
            if self._closed:
                return
            self._connection.close()
            self._ring.cut()
            self._arrived.set()
            await self._reconnect()
            self.reconnects += 1

    async def _pour(self):
        """From the connection into the ring until the stream ends."""
        while True:
            space = self._ring.space()
            if not len(space):
                self._room.clear()
                await self._room.wait()
                continue
            n = await self._connection.readinto(space)
            if n == 0 or self._closed:  # a cancellation can be lost to what came with it
                return
            self._failures = 0
            self._backoff.reset()
            self._ring.wrote(n)
            self._arrived.set()

    async def _reconnect(self):
        while True:
            await self._after_failure()
            try:
                self._connection = await self._connect()
                return
            except Refused:
                continue  # counted by `_after_failure`

    async def _after_failure(self):
        self._failures += 1
        if self._failures % _TRIES == 0:
            self._place = (self._place + 1) % len(self._urls)
        await asyncio.sleep_ms(self._backoff.next())

    async def _connect(self):
        """A connection of which the sound comes next, in the format that plays already where one does."""
        connection = Connection(await self._get(self._urls[self._place], self._headers))
        try:
            await connection.open()
            if self._closed:  # `wait_for` loses a cancellation that comes with what it waited for
                raise asyncio.CancelledError
            if self.format and not connection.format.joins(self.format):
                raise Refused(NOT_AUDIO, "another format than before")
        except BaseException:
            connection.close()
            raise
        return connection
