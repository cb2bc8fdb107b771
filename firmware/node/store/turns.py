"""Lets one of several downloads go on at a time: the one asked for last, which is wanted soonest. The others wait where they are."""

import asyncio


class Turns:
    """Names (of files) in the order in which they were asked for; only silence and being the newest give the turn."""

    def __init__(self, gate):
        self._gate = gate
        self._names = []
        self._changed = asyncio.Event()

    def __contains__(self, name):
        return name in self._names

    def enter(self, name):
        """From now on `name`, even if it was there before, goes before all others."""
        if name in self._names:
            self._names.remove(name)
        self._names.append(name)
        self._pulse()

    def leave(self, name):
        """Over, one way or the other."""
        self._names.remove(name)
        self._pulse()

    def has(self, name):
        """True while `name` may go on."""
        return self._gate.open and self._names[-1] == name

    async def wait(self, name):
        """Return when `name` may go on."""
        while not self.has(name):
            if self._gate.open:
                await self._changed.wait()
            else:
                await self._gate.wait_open()

    async def wait_over(self, name):
        """Return when `name` has left."""
        while name in self._names:
            await self._changed.wait()

    def _pulse(self):
        self._changed.set()
        self._changed.clear()
