"""The answer to a GET: its body without framing (RFC 9112, 6 and 7), and the patience with which it is waited for."""

import time

from micropython import const

from node.refusal import MALFORMED, TIMEOUT, UNREACHABLE, Refused

LEAST_RATE = 200  # bytes a second: below the slowest codec, above what a slow loris sends
_PATIENCE_MS = const(15_000)  # of waiting, over which the rate is taken
_SIZE_LINE_MAX = const(128)
_CHUNK_DIGITS_MAX = const(7)
_TRAILERS_MAX = const(16)
_TRAILER_MAX = const(1024)
_NO_BODY = (204, 304)
EMPTY = (b"\r\n", b"\n")  # lines that end a head, a chunk and the trailers


class Response:
    """`status`; `headers` by lower-case name; `length` of the body in bytes, None if it is not told. Made by `http.get`; close it."""

    def __init__(self, stream, status, headers, least_rate=LEAST_RATE):
        self.status = status
        self.headers = headers
        self.length = None
        self._stream = stream
        self._chunked = False
        self._left = None  # bytes until the body or the chunk ends; None: until the peer closes
        self._in_chunk = False
        self._patience = _Patience(least_rate)
        self._frame()

    def limit(self, total_ms):
        """The rest of the body may take `total_ms`; None: as long as it keeps coming."""
        self._stream.limit(total_ms)

    async def readinto(self, view):
        """Wait for the next bytes of the body, put them into the memoryview (not empty) and return their number; 0 at the end of the body.

        Raises Refused: TIMEOUT, UNREACHABLE (the connection broke before the end), MALFORMED (no proper chunks).
        """
        started = time.ticks_ms()
        count = await self._next(view)
        if count:
            self._patience.spend(time.ticks_diff(time.ticks_ms(), started), count)
        return count

    def close(self):
        """Give the connection up; does not wait. May be called again."""
        self._stream.close()

    def _frame(self):
        coding = self.headers.get("transfer-encoding")
        length = self.headers.get("content-length")
        if self.status in _NO_BODY:
            self.length = self._left = 0
        elif coding is not None:
            if coding.lower() != "chunked":
                raise Refused(MALFORMED, "a transfer coding other than chunked")
            self._chunked = True
            self._left = 0
        elif length is not None:
            if not is_decimal(length):
                raise Refused(MALFORMED, "no proper Content-Length")
            self.length = self._left = int(length)

    async def _next(self, view):
        if self._chunked and self._left == 0:
            await self._next_chunk()
        if self._left == 0:
            return 0
        if self._left is not None and self._left < len(view):
            view = view[: self._left]
        count = await self._stream.readinto(view)
        if self._left is not None:
            if count == 0:
                raise Refused(UNREACHABLE, "closed before the end of the body")
            self._left -= count
        return count

    async def _next_chunk(self):
        """Read the size of the next chunk into `_left`; leave 0 behind the last one, which ends the framing."""
        if self._in_chunk and await whole_line(self._stream, _SIZE_LINE_MAX) not in EMPTY:
            raise Refused(MALFORMED, "a chunk longer than its size")
        self._left = parse_chunk_size(await whole_line(self._stream, _SIZE_LINE_MAX))
        self._in_chunk = self._left > 0
        if not self._in_chunk:
            self._chunked = False
            await self._skip_trailers()

    async def _skip_trailers(self):
        for _ in range(_TRAILERS_MAX):
            if await whole_line(self._stream, _TRAILER_MAX) in EMPTY:
                return
        raise Refused(MALFORMED, "no end behind the last chunk")


async def whole_line(stream, longest):
    """A line with its end. Raises Refused: UNREACHABLE for one that the peer did not finish, MALFORMED for one beyond `longest` bytes."""
    line = await stream.readline(longest)
    if not line.endswith(b"\n"):
        raise Refused(UNREACHABLE, "closed within the head or between chunks")
    return line


def parse_chunk_size(line):
    """Size in a chunk's first line (RFC 9112, 7.1), extensions ignored."""
    digits = line.split(b";", 1)[0].strip()
    if not 0 < len(digits) <= _CHUNK_DIGITS_MAX or not all(digit in b"0123456789abcdefABCDEF" for digit in digits):
        raise Refused(MALFORMED, "no proper chunk size")
    return int(digits, 16)


def is_decimal(text):
    """True for 1 to 15 digits and nothing else, as str or bytes."""
    digits = text if isinstance(text, bytes) else text.encode()
    return 0 < len(digits) <= 15 and all(48 <= digit <= 57 for digit in digits)


class _Patience:
    """Gives a sender up that keeps sending, but too slowly. Counts only time spent waiting: a reader that comes late is not the sender's fault."""

    def __init__(self, least_rate):
        self._least = least_rate * _PATIENCE_MS // 1000
        self._waited_ms = 0
        self._came = 0

    def spend(self, waited_ms, count):
        self._waited_ms += waited_ms
        self._came += count
        if self._waited_ms >= _PATIENCE_MS:
            if self._came < self._least:
                raise Refused(TIMEOUT, f"only {self._came} bytes in {self._waited_ms} ms")
            self._waited_ms = self._came = 0
