"""Bounds how much of IDF's memory MicroPython's heap takes on a board without PSRAM: what it leaves is for Wi-Fi, TLS and the ring of I2S.

A full heap grows by as much as it has, at most by IDF's largest free block (py/gc.c, `gc_try_add_heap`), which by itself is all that the radio has. So it
is made to grow before the application is loaded, while the stack of a thread that waits holds the rest of that block. Where IDF has more,
with PSRAM say, nothing is done. Needed at boot alone, and let go then.
"""

import _thread
import time

import esp32
from micropython import const

_AREA = const(45_056)  # what the heap is to grow by, bytes; by 2 KB more where IDF rounds what it tells
_LARGEST = const(131_072)  # where IDF's largest block is larger, there is enough for everybody
_STACK_MIN = const(4_096)  # of a thread
_PIECE = const(1_024)  # more than a block of the heap: 1.23 gives an area back of which only the first block is in use
_PIECES = const(64)  # more than the heap has room for before it grows
_BACK_MS = const(10)  # the idle task, which frees the stack, has its turn while everybody sleeps for a tick
_BACK_TURNS = const(100)


class Growth:
    """`with Growth():` load what is to lie in the heap."""

    def __enter__(self):
        self._kept = _grow()
        return self._kept

    def __exit__(self, *_):
        self._kept = None  # what was loaded now keeps the area


def _grow():
    """Let the heap grow. Returns what lies in the new area, without which the collector would give it back; None if the heap is left to itself."""
    largest = _largest_block()
    if not _AREA + _STACK_MIN <= largest <= _LARGEST:
        return None
    waiting = _thread.allocate_lock()
    waiting.acquire()
    _thread.stack_size(largest - _AREA)
    _thread.start_new_thread(waiting.acquire, ())
    _thread.stack_size(0)
    pieces = _fill(_largest_block())
    waiting.release()
    _wait_until(largest - _AREA)
    return pieces[-1]


def _fill(left):
    """Pieces of the heap, the last of them the first for which it had to grow: then IDF has no block of `left` bytes any longer."""
    pieces = []
    while _largest_block() == left and len(pieces) < _PIECES:
        pieces.append(bytearray(_PIECE))
    return pieces


def _wait_until(size):
    """IDF has a block of almost that many bytes again; for a second at most, since without it the node runs too."""
    for _ in range(_BACK_TURNS):
        if _largest_block() >= size - _STACK_MIN:
            break
        time.sleep_ms(_BACK_MS)


def _largest_block():
    return max(region[2] for region in esp32.idf_heap_info(esp32.HEAP_DATA))
