"""`_asyncio` in Python: the built-in one compares ticks on the host's 62 bits and so breaks where the board's 30 bits wrap.

Offers what MicroPython's asyncio asks of it: `TaskQueue`, kept in order of time, and `Task`, whose `state` is True (runs), a TaskQueue (runs
and is awaited), None (ended, nobody asked yet) or False (ended and asked). Nothing here allocates after a task is made, except the first wait for one.
"""

from time import ticks_diff, ticks_ms


class TaskQueue:
    """Tasks linked in the order of `ph_key`; of equal ones the earlier pushed comes first. A node has some tens of tasks: a list suffices."""

    def __init__(self):
        self._first = None

    def peek(self):
        return self._first

    def push(self, task, key=None):
        key = ticks_ms() if key is None else key
        task.data = None
        task.ph_key = key
        before, after = None, self._first
        while after is not None and ticks_diff(after.ph_key, key) <= 0:
            before, after = after, after.later
        task.later = after
        self._link(before, task)

    def pop(self):
        task = self._first
        self._first = task.later
        task.later = None
        return task

    def remove(self, task):
        before, here = None, self._first
        while here is not task:
            before, here = here, here.later
        self._link(before, task.later)
        task.later = None

    def _link(self, before, task):
        if before is None:
            self._first = task
        else:
            before.later = task


class Task:
    """A coroutine on its way; `loop` is the namespace of `asyncio.core`, in which the running task and its queue stand."""

    def __init__(self, coro, loop=None):
        self.coro = coro
        self.data = None  # the queue or task it waits for, what is to be thrown into it, or in the end its outcome
        self.state = True
        self.ph_key = 0
        self.later = None
        self._loop = loop

    def __iter__(self):
        if self.state is True:
            self.state = TaskQueue()
        elif not self.state:
            self.state = False
        elif not isinstance(self.state, TaskQueue):
            raise RuntimeError("can't wait")
        return self

    def __next__(self):
        if not self.state:
            raise self.data
        waiting = self._loop["cur_task"]
        self.state.push(waiting)
        waiting.data = self

    def done(self):
        return not self.state

    def cancel(self):
        if not self.state:
            return False
        if self is self._loop["cur_task"]:
            raise RuntimeError("can't cancel self")
        innermost = self
        while isinstance(innermost.data, Task):
            innermost = innermost.data
        innermost._wake_cancelled(self._loop["_task_queue"])
        return True

    def _wake_cancelled(self, running):
        if hasattr(self.data, "remove"):
            self.data.remove(self)
            running.push(self)
        elif ticks_diff(self.ph_key, ticks_ms()) > 0:
            running.remove(self)
            running.push(self)
        self.data = self._loop["CancelledError"]
