"""`select.poll` as the ESP32 waits: it looks, then sleeps to the next tick of 10 ms, whatever arrives in between, and looks again.

A time-out also ends on a tick. Every tick runs the emulated hardware.
"""

import built_in
from clockwork import now_us, run_due, sleep_to_tick

_HOST = built_in.load("select")
POLLIN = _HOST.POLLIN
POLLOUT = _HOST.POLLOUT
POLLERR = _HOST.POLLERR
POLLHUP = _HOST.POLLHUP


class poll:
    """The built-in poll set, asked without waiting."""

    def __init__(self):
        self._set = _HOST.poll()
        self.register = self._set.register
        self.unregister = self._set.unregister
        self.modify = self._set.modify

    def poll(self, timeout=-1):
        """List of `(object, events)`; `timeout` in milliseconds, negative: without end."""
        self._wait(timeout)
        return self._set.poll(0)

    def ipoll(self, timeout=-1, flags=0):
        """As `poll`, without allocating."""
        self._wait(timeout)
        return self._set.ipoll(0, flags)

    def _wait(self, timeout):
        end = now_us() + timeout * 1_000
        run_due()
        while not self._ready() and (timeout < 0 or now_us() < end):
            sleep_to_tick(_LONGEST_US)

    def _ready(self):
        for _ in self._set.ipoll(0):
            return True
        return False


_LONGEST_US = 1_000_000
