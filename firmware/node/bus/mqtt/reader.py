"""Cuts what a broker sends into packets (MQTT 3.1.1, 2.2). Small ones are read into one buffer; of a larger one that holds the beginning, and memory
for the rest is taken only where somebody wants it. What is larger than allowed is passed over and told.

Knows lengths only; what a packet says is for `packets`. Waits for bytes without end: whoever reads decides how long silence may last.
"""

from micropython import const

from node.bus.mqtt.packets import LENGTH_BYTES_MAX
from node.refusal import MALFORMED, UNREACHABLE, Refused

_HEAD_BYTES = const(256)  # all packets but documents, and of these the longest topic


class Reader:
    """Reads packets of at most `longest` bytes behind their fixed header.

    `kind`, `flags` and `body` are those of the last packet, `body` a view that is valid until the next `read`: all of it, or its beginning.
    """

    def __init__(self, longest):
        self._longest = longest
        self._buffer = memoryview(bytearray(min(longest, _HEAD_BYTES)))
        self._stream = None
        self.kind = self.flags = 0
        self.body = self._buffer[:0]
        self.size = 0  # as the header says

    def start(self, stream):
        """Read from a new connection."""
        self._stream = stream

    @property
    def is_whole(self):
        """False if `body` has only the beginning: `rest` or `skip` has to follow."""
        return self.size == len(self.body)

    @property
    def is_oversized(self):
        """True if the packet is larger than allowed."""
        return self.size > self._longest

    async def read(self):
        """Read one packet, or the beginning of a large one. Raises Refused: MALFORMED (a length of five bytes), UNREACHABLE (the broker closed)."""
        await self._fill(self._buffer[:2])  # the shortest packet, and of every packet the beginning
        self.kind, self.flags = self._buffer[0] >> 4, self._buffer[0] & 0x0F
        self.size = await self._length(self._buffer[1])
        self.body = self._buffer[: min(self.size, len(self._buffer))]
        await self._fill(self.body)

    async def rest(self, start):
        """The bytes of the packet from `start` on, which is in `body`; all of the packet is read then. Raises as `read` does."""
        content = bytearray(self.size - start)
        view = memoryview(content)
        here = len(self.body) - start
        view[:here] = self.body[start:]
        await self._fill(view[here:])
        return content

    async def skip(self, progress):
        """Pass over the rest of a packet; `progress()` is called for each piece. `body` is then no longer valid."""
        left = self.size - len(self.body)
        while left:
            piece = self._buffer[: min(left, len(self._buffer))]
            await self._fill(piece)
            left -= len(piece)
            progress()

    async def _length(self, octet):
        """The remaining length (2.2.3), of which the first octet was read."""
        size = octet & 0x7F
        bits = 7
        while octet & 0x80:
            if bits == 7 * LENGTH_BYTES_MAX:
                raise Refused(MALFORMED, "a remaining length of more than four bytes")
            await self._fill(self._buffer[:1])
            octet = self._buffer[0]
            size |= (octet & 0x7F) << bits
            bits += 7
        return size

    async def _fill(self, view):
        while len(view):
            count = await self._stream.readinto(view)
            if not count:
                raise Refused(UNREACHABLE, "the broker closed the connection")
            view = view[count:]
