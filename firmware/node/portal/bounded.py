"""A stream that reads so much of a request and no more: lines without end and headers without number must not fill the memory."""

from micropython import const

_PIECE = const(256)


class Bounded:
    """What a web framework reads from, instead of `reader`. Raises ValueError when the request has more than `limit` bytes."""

    def __init__(self, reader, limit):
        self._reader = reader
        self._left = limit
        self._held = b""

    async def readline(self):
        """A line with its end; what is left when the peer has gone."""
        while b"\n" not in self._held:
            if not await self._more():
                return self._taken(len(self._held))
        return self._taken(self._held.find(b"\n") + 1)

    async def readexactly(self, count):
        """So many bytes. Raises ValueError if the peer goes before."""
        while len(self._held) < count:
            if not await self._more():
                raise ValueError("a request that breaks off")
        return self._taken(count)

    async def read(self, count=-1):
        """What is there, at most `count`."""
        if not self._held:
            await self._more()
        return self._taken(len(self._held) if count < 0 else min(count, len(self._held)))

    async def _more(self):
        if self._left <= 0:
            raise ValueError("a request that is too long")
        piece = await self._reader.read(min(_PIECE, self._left))
        self._left -= len(piece)
        self._held += piece
        return bool(piece)

    def _taken(self, count):
        taken, self._held = self._held[:count], self._held[count:]
        return taken
