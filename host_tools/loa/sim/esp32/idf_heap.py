"""The heap of IDF beside MicroPython's, as far as TLS sessions fill it: without PSRAM there is room for one.

Figures from an emulated ESP32 without PSRAM, Wi-Fi up, 71 KB of GC heap in use: a session takes 25 to 31 KB, and the second fails with OSError(12).
"""

import errno

_SESSION = 28_000
_REGION = 226_000
_FREE = 78_000  # with Wi-Fi up and no session
_LARGEST = 45_056  # a session needs its 16 KB + 4 KB buffers and more in one piece; what is left after one has none so large
_LARGEST_AFTER = 13_312
_PSRAM = 4 << 20


class Heap:
    """How many TLS sessions stand, and what is left."""

    def __init__(self):
        self.sessions = 0
        self._lowest = _FREE

    def open_session(self, has_psram):
        """Take a session's memory. OSError(ENOMEM) where there is none."""
        if self.sessions and not has_psram:
            raise OSError(errno.ENOMEM)
        self.sessions += 1
        self._lowest = min(self._lowest, self._free(False))

    def close_session(self):
        """Give it back."""
        self.sessions -= 1

    def region(self, has_psram):
        """`(bytes, free, largest free block, lowest free so far)`."""
        more = _PSRAM if has_psram else 0
        largest = more or (_LARGEST_AFTER if self.sessions else _LARGEST)
        return (_REGION + more, self._free(has_psram), largest, self._lowest + more)

    def _free(self, has_psram):
        return _FREE - self.sessions * _SESSION + (_PSRAM if has_psram else 0)


HEAP = Heap()
