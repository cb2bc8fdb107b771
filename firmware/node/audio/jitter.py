"""The ring between a network that comes in gusts and a player that reads steadily. Only whole blocks of the codec can be read.

It is made for one stream, of pieces that are found in any heap. At most one break lies in it: a place where what follows does not join on.
"""

from micropython import const

from node.audio.feeder import BREAK

_PIECE = const(1024)


class Jitter:
    """`size` bytes; at least two blocks of what passes through, and better half a second."""

    def __init__(self, size):
        self.size = size

    def begin(self, block_bytes):
        """Empty it for a stream of blocks of so many bytes; its memory is taken now. Raises MemoryError."""
        self._pieces = [memoryview(bytearray(min(_PIECE, self.size - at))) for at in range(0, self.size, _PIECE)]
        self._block_bytes = block_bytes
        self._read_at = 0
        self.count = 0  # bytes that can be read
        self._partial = 0  # bytes behind those, of a block that is not whole yet
        self._break_in = -1  # readable bytes before the break, -1: there is none

    def end(self):
        """Give its memory back: whoever still holds the ring needs none of it."""
        self._pieces = ()

    @property
    def broken(self):
        """True while a break lies ahead."""
        return self._break_in >= 0

    def space(self):
        """View of free bytes in one piece, empty when it is full."""
        used = self.count + self._partial
        start = (self._read_at + used) % self.size
        piece = self._pieces[start // _PIECE]
        start %= _PIECE
        return piece[start : start + min(self.size - used, len(piece) - start)]

    def wrote(self, n):
        """The first `n` bytes of `space` were filled."""
        self._partial += n
        whole = self._partial // self._block_bytes * self._block_bytes
        self.count += whole
        self._partial -= whole

    def cut(self):
        """The stream broke: drop the block that is not whole, and where a break lay ahead already, all behind it. What comes begins a block."""
        self._partial = 0
        if self.broken:
            self.count = self._break_in
        else:
            self._break_in = self.count

    def read(self, view):
        """Move bytes to the front of `view`; returns how many, 0 when there are none, or BREAK in the place of one."""
        if self._break_in == 0:
            self._break_in = -1
            return BREAK
        piece = self._pieces[self._read_at // _PIECE]
        start = self._read_at % _PIECE
        n = min(len(view), self.count, len(piece) - start)
        if self.broken:
            n = min(n, self._break_in)
            self._break_in -= n
        view[:n] = piece[start : start + n]
        self._read_at = (self._read_at + n) % self.size
        self.count -= n
        return n
