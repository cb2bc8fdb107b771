"""Gives CPython's `time`, `asyncio` and `gc` what MicroPython's have more, so that the firmware's source runs unchanged.

Only additions: nothing that CPython already has is replaced. Ticks wrap at 2**30 as on the chip and start seconds before the wrap.
"""

import asyncio
import gc
import time

_TICKS_PERIOD = 1 << 30
_TICKS_HALF = _TICKS_PERIOD >> 1
_SECONDS_TO_WRAP = 5
_START_NS = time.monotonic_ns()
_HEAP_FREE = 112 * 1024


def install() -> None:
    """Add the names; calling it again changes nothing."""
    for name, function in _TIME_EXTRAS.items():
        setattr(time, name, function)
    for name, function in _ASYNCIO_EXTRAS.items():
        setattr(asyncio, name, function)
    for name, function in _GC_EXTRAS.items():
        setattr(gc, name, function)
    asyncio.StreamReader.readinto = _readinto  # type: ignore[attr-defined]
    asyncio.StreamWriter.awrite = _awrite  # type: ignore[attr-defined]
    asyncio.StreamWriter.aclose = _aclose  # type: ignore[attr-defined]


def _ticks(per_second: int) -> int:
    elapsed = (time.monotonic_ns() - _START_NS) * per_second // 1_000_000_000
    return (_TICKS_PERIOD - _SECONDS_TO_WRAP * per_second + elapsed) % _TICKS_PERIOD


def _ticks_diff(end: int, start: int) -> int:
    return (end - start + _TICKS_HALF) % _TICKS_PERIOD - _TICKS_HALF


async def _sleep_ms(milliseconds: int) -> None:
    await asyncio.sleep(milliseconds / 1000)


async def _wait_for_ms(awaitable, milliseconds: int):
    return await asyncio.wait_for(awaitable, milliseconds / 1000)


async def _readinto(reader: asyncio.StreamReader, buffer) -> int:
    """MicroPython's `Stream.readinto`: waits for at least one byte, 0 at the end of the stream."""
    data = await reader.read(len(buffer))
    buffer[: len(data)] = data
    return len(data)


async def _awrite(writer: asyncio.StreamWriter, data) -> None:
    """MicroPython's `Stream.awrite`."""
    writer.write(data)
    await writer.drain()


async def _aclose(writer: asyncio.StreamWriter) -> None:
    """MicroPython's `Stream.aclose`."""
    writer.close()
    await writer.wait_closed()


class ThreadSafeFlag:
    """MicroPython's flag for interrupt handlers: one waiter, cleared by the wait that it ends."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def set(self) -> None:
        """May be called from any thread."""
        if self._loop is None:
            self._event.set()
        else:
            self._loop.call_soon_threadsafe(self._event.set)

    def clear(self) -> None:
        self._event.clear()

    async def wait(self) -> None:
        self._loop = asyncio.get_running_loop()
        await self._event.wait()
        self._event.clear()


_TIME_EXTRAS = {
    "ticks_ms": lambda: _ticks(1_000),
    "ticks_us": lambda: _ticks(1_000_000),
    "ticks_cpu": lambda: _ticks(1_000_000),
    "ticks_diff": _ticks_diff,
    "ticks_add": lambda ticks, delta: (ticks + delta) % _TICKS_PERIOD,
    "sleep_ms": lambda milliseconds: time.sleep(milliseconds / 1_000),
    "sleep_us": lambda microseconds: time.sleep(microseconds / 1_000_000),
}
_ASYNCIO_EXTRAS = {"sleep_ms": _sleep_ms, "wait_for_ms": _wait_for_ms, "ThreadSafeFlag": ThreadSafeFlag}
_GC_EXTRAS = {  # the board's heap is not emulated: it always has the same room
    "threshold": lambda amount=-1: -1,
    "mem_alloc": lambda: 0,
    "mem_free": lambda: _HEAP_FREE,
}
