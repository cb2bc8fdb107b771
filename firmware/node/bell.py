"""A call that one task waits for, but not for ever: asyncio's Event and `wait_for` in one, without the second task that `wait_for` makes each time.

A node has half a dozen tasks that wait so all their lives, and on the chip each of those second tasks holds 400 bytes. For one waiting task at a time.
"""

import asyncio
import sys


class _TaskBell:
    """On MicroPython the task sleeps, and `ring` ends its sleep."""

    def __init__(self):
        self.rung = False  # until `clear`
        self._sleeper = None

    def ring(self):
        """From now on `rung`; who waits goes on."""
        self.rung = True
        task, self._sleeper = self._sleeper, None
        if task is not None and task.data is None:  # otherwise it is being cancelled, and goes on for that
            queue = asyncio.core._task_queue
            queue.remove(task)
            queue.push(task)

    def clear(self):
        """It is heard: wait for the next one."""
        self.rung = False

    async def within(self, milliseconds):
        """Wait until it has rung, at most so long; True if it has. It stays `rung`."""
        if not self.rung:
            self._sleeper = asyncio.core.cur_task
            try:
                await asyncio.sleep_ms(milliseconds)
            finally:
                self._sleeper = None
        return self.rung


class _EventBell:
    """The same on CPython."""

    def __init__(self):
        self._event = asyncio.Event()

    @property
    def rung(self):
        return self._event.is_set()

    def ring(self):
        self._event.set()

    def clear(self):
        self._event.clear()

    async def within(self, milliseconds):
        try:
            await asyncio.wait_for_ms(self._event.wait(), milliseconds)
        except asyncio.TimeoutError:
            pass
        return self._event.is_set()


Bell = _TaskBell if sys.implementation.name == "micropython" else _EventBell
