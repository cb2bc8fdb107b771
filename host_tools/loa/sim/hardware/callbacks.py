"""MicroPython's queue of scheduled callbacks (`mp_sched_schedule`): eight of them, and what does not fit is refused.

While the program is inside a call that cannot be split they wait, as on the chip; nobody who schedules from an interrupt looks at the refusal.
"""

_SLOTS = 8


class Callbacks:
    """`schedule(function, argument)`: the runtime's own, which runs a function between two steps of the program."""

    def __init__(self, schedule):
        self._schedule = schedule
        self._functions = [None] * _SLOTS
        self._arguments = [None] * _SLOTS
        self._first = 0
        self._count = 0
        self._held = False
        self._step = self._run  # made once: the program may have locked its heap
        self.lost = 0

    def put(self, function, argument):
        """Run `function(argument)` soon; True if there was room."""
        if self._count == _SLOTS:
            self.lost += 1
            return False
        place = (self._first + self._count) % _SLOTS
        self._functions[place] = function
        self._arguments[place] = argument
        self._count += 1
        if self._count == 1 and not self._held:
            self._ask()
        return True

    def hold(self):
        """The program is inside a call that cannot be split."""
        self._held = True

    def release(self):
        """It has come back."""
        self._held = False
        if self._count:
            self._ask()

    def _ask(self):
        try:
            self._schedule(self._step, None)
        except RuntimeError:  # the runtime's own queue is full of the program's: these are lost
            self.lost += self._count
            self._count = 0

    def _run(self, _):
        if self._held or not self._count:
            return
        function, argument = self._functions[self._first], self._arguments[self._first]
        self._first = (self._first + 1) % _SLOTS
        self._count -= 1
        if self._count:
            self._ask()
        function(argument)
