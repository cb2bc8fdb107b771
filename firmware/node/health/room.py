"""Notices that there is no memory for the broker's connection any more: what MicroPython's heap once took of IDF's it does not give back.

A heap that was too small for a moment would so keep a board without PSRAM from its broker for ever. What is done about it is decided elsewhere.
"""

from micropython import const

_SESSION_BYTES = const(32_000)  # IDF's largest block that a TLS session with its handshake needs (`docs/board.md`)
_FAILURES = const(5)  # a heap may be short for a moment


class Room:
    """`regions()`: `esp32.idf_heap_info(HEAP_DATA)`."""

    def __init__(self, regions):
        self._regions = regions
        self._failures = 0

    def failed(self):
        """No connection came about. True if there has been no room for one five times in a row."""
        if max(region[2] for region in self._regions()) >= _SESSION_BYTES:
            self._failures = 0
            return False
        self._failures += 1
        return self._failures >= _FAILURES
