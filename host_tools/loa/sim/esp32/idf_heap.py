"""The heap of IDF beside MicroPython's, as far as TLS sessions and the ring of I2S fill it: without PSRAM there is room for one session, and beside it for
one ring.

Figures from an emulated ESP32 with the stock 1.23 and a whole node without PSRAM, its GC heap of 102 KB, Wi-Fi up: a session takes 25 to 31 KB, up to 35 while
hands are shaken, and the second fails with OSError(12).
"""

import errno

_SESSION = 25_100
_HANDSHAKE = 35_000
_REGION = 226_000
_FREE = 49_700  # with Wi-Fi up and no session
_LARGEST = 49_152  # a session needs its 16 KB + 4 KB buffers and more in one piece; what is left after one has none so large
_LARGEST_AFTER = 18_432
_RADIO = 2_000  # that Wi-Fi needs for what comes
_PSRAM = 4 << 20


class Heap:
    """How many TLS sessions stand, and what is left. One unit of I2S plays at a time."""

    def __init__(self):
        self.sessions = 0
        self._ring = 0
        self._lowest = _FREE

    def open_session(self, has_psram):
        """Take a session's memory. OSError(ENOMEM) where there is none."""
        if not has_psram and self._free(False) < _HANDSHAKE:
            raise OSError(errno.ENOMEM)
        self.sessions += 1
        self._lowest = min(self._lowest, self._free(False))

    def close_session(self):
        """Give it back."""
        self.sessions -= 1

    def open_ring(self, ring_bytes, has_psram):
        """Take the memory of a ring of I2S. OSError(ENOMEM) where there is none."""
        if not has_psram and self._free(False) - ring_bytes < _RADIO:
            raise OSError(errno.ENOMEM)
        self._ring = ring_bytes
        self._lowest = min(self._lowest, self._free(False))

    def close_ring(self):
        """Give it back."""
        self._ring = 0

    def region(self, has_psram):
        """`(bytes, free, largest free block, lowest free so far)`."""
        more = _PSRAM if has_psram else 0
        largest = more or min(_LARGEST_AFTER if self.sessions else _LARGEST, self._free(False))
        return (_REGION + more, self._free(has_psram), largest, self._lowest + more)

    def _free(self, has_psram):
        return _FREE - self.sessions * _SESSION - self._ring + (_PSRAM if has_psram else 0)


HEAP = Heap()
