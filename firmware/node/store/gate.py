"""Decides when flash may be erased: never while sound is out, because an erase stops the I2S interrupt and the ring replays old samples.

The player closes the gate before its first sample and opens it after the last one left the ring. Everything that can erase, which is every
littlefs write and the journal's erases, writes inside `async with gate.writing():`. Programming alone needs no gate.
"""

import asyncio

from micropython import const

_LOOK_MS = const(5)
QUIET_MAX_MS = 500  # the worst single erase (400 ms, BOARD "Flash") and the programming around it


class EraseGate:
    """Open in silence, closed while sound is out; lets one writer through at a time. `writes`: how many there have been since boot."""

    def __init__(self):
        self.writes = 0
        self._silence = asyncio.Event()
        self._silence.set()
        self._turn = asyncio.Lock()

    @property
    def open(self):
        """True while flash may be erased."""
        return self._silence.is_set()

    def close(self):
        """Sound is about to start: from now on no write begins. One that runs goes on; see `wait_quiet`."""
        self._silence.clear()

    def reopen(self):
        """The last sample has left the ring."""
        self._silence.set()

    async def wait_quiet(self, timeout_ms=QUIET_MAX_MS):
        """After `close`: wait until a running write is over, True; after `timeout_ms` False, because the sound is worth more than one write."""
        for _ in range(-(-timeout_ms // _LOOK_MS)):
            if not self._turn.locked():
                return True
            await asyncio.sleep_ms(_LOOK_MS)  # not acquired under a time-out: one that comes with the lock would keep it for ever
        return not self._turn.locked()

    async def wait_open(self):
        """Return in silence; another task may close the gate before the caller's next await, so writers use `writing`."""
        await self._silence.wait()

    def writing(self):
        """Context for one short write, at most a document or a block: enters in silence when no other write runs."""
        return _Writing(self)


class _Writing:
    def __init__(self, gate):
        self._gate = gate

    async def __aenter__(self):
        gate = self._gate
        while True:
            await gate._silence.wait()
            await gate._turn.acquire()
            if gate.open:
                gate.writes += 1
                return
            gate._turn.release()

    async def __aexit__(self, kind, error, trace):
        self._gate._turn.release()
