"""A connection whose every wait ends: reads, writes and lines with time-outs, the same on MicroPython and CPython.

One guard task per connection looks at the deadline of the operation under way, so that an operation itself makes no task and no timer.
A time-out closes the connection: half a line or half a packet is of no use to anybody. One task reads and one task writes at a time.
"""

import asyncio
import time

from micropython import const

from node.link import failures
from node.refusal import MALFORMED, TIMEOUT, UNREACHABLE, Refused

_GUARD_MS = const(200)  # how late a time-out may be noticed
_HELD_BYTES = const(256)
_LINE_FEED = const(10)


class Stream:
    """Made by `net.Network.connect`.

    Operations raise `Refused`: TIMEOUT, UNREACHABLE (it broke), ORIGIN (TLS to somebody else), MALFORMED (a line too long).
    """

    def __init__(self, reader, writer, timeout_ms, secure):
        self._reader = reader
        self._writer = writer
        self._timeout_ms = timeout_ms
        self._secure = secure
        self._read_by = None  # ticks by which the operation under way must end
        self._write_by = None
        self._last = None  # ticks after which nothing is waited for, see `limit`
        self._late = False
        self._closed = False
        self._held = None  # received with a line but behind it; made for the first line, which MQTT never asks for
        self._start = self._end = 0
        self._guard = asyncio.create_task(self._watch())

    def set_timeout(self, timeout_ms):
        """From the next operation on, each may wait this long; at most 2**29 - 1 ms."""
        self._timeout_ms = timeout_ms

    def limit(self, total_ms):
        """All operations from now on together may take `total_ms`; None lifts the limit."""
        self._last = None if total_ms is None else time.ticks_add(time.ticks_ms(), total_ms)

    async def readinto(self, view):
        """Wait for at least one byte; return how many came into `view` (not empty), 0 when the peer has closed."""
        held = self._end - self._start
        if not held:
            return await self._receive(view)
        count = min(held, len(view))
        view[:count] = self._held[self._start : self._start + count]
        self._start += count
        return count

    async def readline(self, longest=1024):
        """One line with its line feed as bytes; without it where the peer has closed. MALFORMED beyond `longest` bytes."""
        line = b""
        if self._held is None:
            self._held = memoryview(bytearray(_HELD_BYTES))
        while True:
            start, stop = self._start, self._start
            while stop < self._end and self._held[stop] != _LINE_FEED:
                stop += 1
            found = stop < self._end
            self._start = stop + 1 if found else stop
            line += bytes(self._held[start : self._start])
            if len(line) > longest:
                raise Refused(MALFORMED, f"a line longer than {longest} bytes")
            if found:
                return line
            self._start = 0
            self._end = 0
            self._end = await self._receive(self._held)
            if not self._end:
                return line

    async def _receive(self, view):
        self._check_open()
        self._read_by = self._deadline()
        try:
            count = None
            while count is None:  # TLS may have had half a record
                count = await self._reader.readinto(view)
        except failures.ERRORS as error:
            raise self._refusal(error)
        finally:
            self._read_by = None
        if self._late:
            raise self._refusal(None)
        return count

    def write(self, data):
        """Send, or keep what the connection does not take yet until `drain`."""
        self._check_open()
        try:
            self._writer.write(data)
        except failures.ERRORS as error:
            raise self._refusal(error)

    async def drain(self):
        """Wait until what was written has been taken."""
        self._check_open()
        self._write_by = self._deadline()
        try:
            await self._writer.drain()
        except failures.ERRORS as error:
            raise self._refusal(error)
        finally:
            self._write_by = None

    def close(self):
        """Close; does not wait. May be called again."""
        if not self._closed:
            self._closed = True
            self._start = self._end
            self._guard.cancel()
            self._writer.close()

    def _check_open(self):
        if self._closed:
            raise Refused(UNREACHABLE, "closed on this side")

    def _deadline(self):
        deadline = time.ticks_add(time.ticks_ms(), self._timeout_ms)
        if self._last is not None and time.ticks_diff(self._last, deadline) < 0:
            return self._last
        return deadline

    async def _watch(self):
        while not self._late:
            await asyncio.sleep_ms(_GUARD_MS)
            now = time.ticks_ms()
            self._late = _is_past(self._read_by, now) or _is_past(self._write_by, now)
        self._writer.transport.abort()

    def _refusal(self, error):
        if self._late:
            return Refused(TIMEOUT, "nothing moved within the time allowed")
        return failures.refused(error, self._secure)


def _is_past(deadline, now):
    return deadline is not None and time.ticks_diff(now, deadline) >= 0
