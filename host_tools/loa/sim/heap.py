"""How large MicroPython's heap is on a simulated board, so that memory that runs out on the board runs out here too.

Words have 64 bits on the host and 32 on the chip. A block of the heap is four words on both, so lists, dicts, instances, closures and what the compiler makes
take twice the bytes here; the contents of strings, bytes and buffers take the same. So twice the board's heap, and beside it what the emulation itself
holds, is where a program of small objects fails as it does on the board; one of large buffers fails later.

    board           its heap                                   here
    with PSRAM      2 MB and more                              452 KB of it: less than any such board has, so that growth shows early
    without PSRAM   102 KB, by `firmware/growth.py`            112 KB of it, and what is spare beside it

The last line is a debt, not a model: orders, a plan and a stop that come while it plays need 108 KB of it here, and on the chip a whole node fits into
its 102 (`docs/board.md`, "Without PSRAM"). It bounds what the firmware may grow to.
"""

_WORD = 2  # of 64 bits and of 32
_EMULATION_KB = 121  # held by start.py and the emulated modules, by gc.mem_alloc() before the first line of main.py
_WITH_PSRAM_KB = 452
_WITHOUT_PSRAM_KB = 112
_SPARE_KB = 44  # of no heap on the chip (`loa.sim.esp32.spare_memory`)


def heap_kb(psram_mb: int) -> int:
    """KB of the heap that the unix port is started with for a board with so much PSRAM, in MB."""
    return _EMULATION_KB + (_WORD * _WITH_PSRAM_KB if psram_mb else _WORD * _WITHOUT_PSRAM_KB + _SPARE_KB)
