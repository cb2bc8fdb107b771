"""One bulletin on its way from a server to the flash: what came stays, the rest is asked for by Range, and the whole must have the signed hash.

Nothing is believed on the way (RFC 9110, 14): a server that sends the whole file instead of a part starts it anew, and If-Range is not needed
because the SHA-256 judges the result. It writes in silence only; while sound is out the connection is given up, not held.
"""

import asyncio
import hashlib
import os

from micropython import const

from node.bus.encoding import to_base64url
from node.refusal import FULL, HASH, HTTP_STATUS, LENGTH, Refused
from node.store import files

_ENOSPC = const(28)  # not in MicroPython's errno; littlefs's -28 becomes this
_PIECE = const(1024)  # a quarter of a flash block, which it goes on with, and about 0.25 ms of hashing
_SYNC_EVERY = const(65536)  # bytes that a power cut may cost; a sync costs about one erase more
_WHOLE = const(200)
_PART = const(206)
_NO_SUCH_RANGE = const(416)


class Download:
    """Fetches `size` bytes with the text `sha256` into the file `part` and then calls it `path`. `turns`: see `Turns`, under the name `sha256`.

    `progress()`, if given, is called after each piece that was written.

    `file` is the open partial file or None; who gives the download up closes it in silence.
    """

    def __init__(self, path, part, size, sha256, gate, turns, progress=None):
        self.file = None
        self._progress = progress
        self._path = path
        self._part = part
        self._size = size
        self._sha256 = sha256
        self._gate = gate
        self._turns = turns
        self._have = 0
        self._synced = 0
        self._hash = hashlib.sha256()
        self._view = None  # the piece under way; none while others have the turn or sound is out

    async def run(self, get, address):
        """Return when the file stands at `path`. Raises Refused: HTTP_STATUS, LENGTH, HASH, FULL, and what `get` and its answer raise.

        After HASH, or an answer that is too long, nothing of it is kept; otherwise the next try goes on where this one ended.
        """
        await self._pick_up()
        while self._have < self._size:
            await self._turns.wait(self._sha256)
            await self._ask(get, address)
        await self._prove()

    async def _pick_up(self):
        """Count and hash what an earlier try left."""
        left = files.size_of(self._part)
        if left is None:
            return
        if left > self._size:
            await files.remove(self._gate, self._part)
            return
        self._begin_pieces()
        with open(self._part, "rb") as file:
            while self._have < left:
                count = file.readinto(self._view)
                self._hash.update(self._view[:count])
                self._have += count
                await asyncio.sleep_ms(0)
        self._synced = left
        self._view = None

    def _begin_pieces(self):
        try:
            self._view = memoryview(bytearray(_PIECE))
        except MemoryError:
            raise Refused(FULL, "no memory to receive it")

    async def _ask(self, get, address):
        """One request: to the end of the file, or until something else has the turn."""
        response = await get(address, {"Range": "bytes={}-".format(self._have)} if self._have else {})
        try:
            await self._check(response)
            response.headers = {}  # of no use any more, and a file takes its time
            self._begin_pieces()
            await self._receive(response)
        finally:
            self._view = None
            response.close()

    async def _check(self, response):
        """Refuse what is no answer to the question; begin anew where the server does."""
        if response.status == _WHOLE and self._have:
            await self._restart()
        elif response.status == _NO_SUCH_RANGE:
            await self._restart()
            raise Refused(HTTP_STATUS, "status 416: the file there is shorter")
        elif response.status == _PART and self._have:
            start, total = _range(response.headers.get("content-range", ""))
            if start != self._have:
                raise Refused(HTTP_STATUS, "a 206 that begins at {} instead of {}".format(start, self._have))
            if total not in (None, self._size):
                raise Refused(LENGTH, "{} bytes there, {} signed".format(total, self._size))
        elif response.status != _WHOLE:
            raise Refused(HTTP_STATUS, "status {}".format(response.status))
        if response.length not in (None, self._size - self._have):
            raise Refused(LENGTH, "{} bytes to come, {} wanted".format(response.length, self._size - self._have))

    async def _receive(self, response):
        filled = 0
        while self._have + filled < self._size:
            wanted = min(_PIECE, self._size - self._have)
            count = await response.readinto(self._view[filled:wanted])
            if count == 0:
                raise Refused(LENGTH, "ended after {} of {} bytes".format(self._have + filled, self._size))
            filled += count
            if filled == wanted:
                if not self._turns.has(self._sha256):
                    return
                await self._write(filled)
                filled = 0
        if response.length is None and await response.readinto(self._view[:1]):
            await self._restart()
            raise Refused(LENGTH, "more than {} bytes".format(self._size))

    async def _write(self, count):
        async with self._gate.writing():
            try:
                if self.file is None:
                    self.file = open(self._part, "ab" if self._have else "wb", 0)  # unbuffered: what fails, fails here
                self.file.write(self._view[:count])
                if self._have + count - self._synced >= _SYNC_EVERY:
                    self.file.flush()
                    self._synced = self._have + count
            except OSError as error:
                if error.errno != _ENOSPC:
                    raise
                raise Refused(FULL, "the file system has no room left")
        self._hash.update(self._view[:count])
        self._have += count
        if self._progress:
            self._progress()
        await asyncio.sleep_ms(0)

    async def _close(self):
        if self.file is not None:
            async with self._gate.writing():
                file, self.file = self.file, None
                file.close()

    async def _restart(self):
        await self._close()
        await files.remove(self._gate, self._part)
        self._have = self._synced = 0
        self._hash = hashlib.sha256()

    async def _prove(self):
        try:
            await self._close()
        except OSError as error:  # the file system writes the last bytes only now
            if error.errno != _ENOSPC:
                raise
            raise Refused(FULL, "the file system has no room left")
        if to_base64url(self._hash.digest()) != self._sha256:
            await self._restart()
            raise Refused(HASH, "another SHA-256 than {}".format(self._sha256))
        async with self._gate.writing():
            os.rename(self._part, self._path)


def _range(text):
    """`(first byte, size of the whole file or None)` of a Content-Range (RFC 9110, 14.4). HTTP_STATUS for anything else."""
    unit, _, rest = text.partition(" ")
    span, _, total = rest.partition("/")
    start = span.partition("-")[0]
    if unit != "bytes" or not start.isdigit() or not (total == "*" or total.isdigit()):
        raise Refused(HTTP_STATUS, "a 206 without the position of its bytes")
    return int(start), None if total == "*" else int(total)
