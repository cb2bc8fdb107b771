"""Live streams: one source, decoded and paced in real time, encoded once, heard by many listeners who can not hold each other up.

queue              owner            full means
backlog, 1.5 s     LiveStream       the oldest block goes; a listener who joins gets it at once, as its first buffer, or as much of it as it can hold
one a listener     Listener, 8 s    the oldest block goes: who is too slow hears a gap and stays in time
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from loa.errors import LoaError
from loa.station import forms
from loa.station.decode import decoded

BURST_S = 1.5
_QUEUE_S = 8.0


class Listener:
    """The blocks of a stream from now on, for one who plays it."""

    def __init__(self, backlog: list[bytes], blocks_max: int) -> None:
        self._queue: asyncio.Queue[bytes | None] = asyncio.Queue(blocks_max)
        self.lost = 0
        for block in backlog:
            self.put(block)

    def put(self, block: bytes | None) -> None:
        """Add a block, or None for the end of the stream; never waits."""
        if self._queue.full():
            self._queue.get_nowait()
            self.lost += 1
        self._queue.put_nowait(block)

    async def blocks(self) -> AsyncIterator[bytes]:
        """Blocks as they come, until the stream ends."""
        while (block := await self._queue.get()) is not None:
            yield block


class LiveStream:
    """A source on the air. `started` is when its order began, Unix seconds: a file that is streamed again after a restart of the station
    goes on where it would be by now."""

    def __init__(self, source: str, codec: str, rate: int, started: int) -> None:
        self.codec = codec
        self.rate = rate
        self._source = source
        self._started = started
        self._encoder = forms.encoder(codec, rate)
        self._block_s = self._encoder.block_samples / rate
        self._backlog: deque[bytes] = deque(maxlen=max(1, round(BURST_S / self._block_s)))
        self._listeners: set[Listener] = set()
        self._over = False

    @property
    def header(self) -> bytes:
        """What every listener gets first."""
        return self._encoder.header

    def join(self, ahead: int | None = None) -> Listener:
        """A new listener, with the newest blocks at once, of no more than `ahead` bytes if it says so."""
        backlog = list(self._backlog)
        while ahead is not None and sum(map(len, backlog)) > ahead:
            del backlog[0]
        listener = Listener(backlog, round(_QUEUE_S / self._block_s))
        if self._over:
            listener.put(None)
        else:
            self._listeners.add(listener)
        return listener

    def leave(self, listener: Listener) -> None:
        """It listens no more."""
        self._listeners.discard(listener)

    async def run(self) -> None:
        """Feed the listeners until the source ends. Raises `LoaError` if it cannot be read."""
        loop = asyncio.get_running_loop()
        blocks = self._encoded()
        reader = ThreadPoolExecutor(1, "live")  # decoding blocks, and FFmpeg's objects stay on one thread
        try:
            begun = time.monotonic()
            number = 0
            while (block := await loop.run_in_executor(reader, next, blocks, None)) is not None:
                number += 1
                await asyncio.sleep(begun + number * self._block_s - time.monotonic())
                self._backlog.append(block)
                for listener in self._listeners:
                    listener.put(block)
        finally:
            self.end()
            reader.shutdown(wait=False, cancel_futures=True)  # a source that is stuck must not hold up the loop

    def end(self) -> None:
        """Tell all listeners, also those who still come, that nothing comes any more."""
        self._over = True
        for listener in self._listeners:
            listener.put(None)

    def _encoded(self) -> Iterator[bytes]:
        encoder, rest = self._encoder, np.zeros(0, np.int16)
        for piece in self._from_now(decoded(self._source, self.rate)):
            rest = np.concatenate([rest, np.clip(np.rint(piece * 32767), -32768, 32767).astype(np.int16)])
            whole = len(rest) // encoder.block_samples * encoder.block_samples
            yield from encoder.blocks(rest[:whole])
            rest = rest[whole:]
        yield from encoder.end(rest)

    def _from_now(self, pieces: Iterator[NDArray[np.float32]]) -> Iterator[NDArray[np.float32]]:
        """What is left of a file that began when the order did; all of anything else."""
        passed = max(0, int(time.time()) - self._started)
        skip = passed * self.rate if Path(self._source).is_file() else 0
        for piece in pieces:
            if skip < len(piece):
                yield piece[skip:]
            skip = max(0, skip - len(piece))


class LiveStreams:
    """The streams that a station has on the air, by name. Owns one task for each."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._streams: dict[str, LiveStream] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def get(self, name: str) -> LiveStream | None:
        """The stream of that name, or None."""
        return self._streams.get(name)

    def start(self, name: str, source: str, codec: str, started: int) -> None:
        """Put a source on the air; does nothing if it is."""
        if name not in self._streams:
            stream = LiveStream(source, codec, self._rate, started)
            self._streams[name] = stream
            self._tasks[name] = asyncio.create_task(stream.run(), name=f"live {name}")

    def stop(self, name: str) -> None:
        """Take a source off the air."""
        self._streams.pop(name).end()
        self._tasks.pop(name).cancel()

    def ended(self) -> list[tuple[str, LoaError | None]]:
        """(name, error or None) of the streams whose source came to an end by itself; each is told once and is off the air then."""
        found: list[tuple[str, LoaError | None]] = []
        for name in [name for name, task in self._tasks.items() if task.done()]:
            self._streams.pop(name)
            error = self._tasks.pop(name).exception()
            if error is not None and not isinstance(error, LoaError):
                raise error
            found.append((name, error))
        return found

    def names(self) -> list[str]:
        """Names of the streams on the air."""
        return list(self._streams)

    async def close(self) -> None:
        """Take everything off the air and wait until it is."""
        tasks = list(self._tasks.values())
        for name in self.names():
            self.stop(name)
        await asyncio.gather(*tasks, return_exceptions=True)
