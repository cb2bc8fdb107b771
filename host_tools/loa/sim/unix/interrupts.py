"""Tells the supervisor which character interrupts the program, since the console is not this process's own."""

import sys

import micropython
from chip import CHIP

from loa.sim.hardware.lifeline import interrupt

_CTRL_C = 3


class _Micropython:
    """The built-in module with `kbd_intr` of the board's."""

    def __getattr__(self, name):
        return getattr(micropython, name)

    def kbd_intr(self, character):
        CHIP.lifeline.say(interrupt(character))


def unlock_heap():
    """Undo what emulated hardware was in the middle of when an interrupt came: it locks the heap around its own work."""
    micropython.heap_lock()
    for _ in range(micropython.heap_unlock()):
        micropython.heap_unlock()


def watch():
    """Put it in the built-in one's place. From now on Ctrl-C interrupts, as when the board's MicroPython has started."""
    sys.modules["micropython"] = emulated = _Micropython()
    emulated.kbd_intr(_CTRL_C)
