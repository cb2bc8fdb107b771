"""Ctrl-C at the board's console, which is not this process's own: the supervisor has it, and is told which character interrupts the program."""

import sys

import clockwork
import micropython
from chip import CHIP

from loa.sim.hardware.lifeline import PRESSED, interrupt

_CTRL_C = 3
_NONE = -1


class _Micropython:
    """The built-in module with `kbd_intr` of the board's."""

    def __getattr__(self, name):
        return getattr(micropython, name)

    def kbd_intr(self, character):
        CHIP.lifeline.say(interrupt(character))


def watch():
    """Put it in the built-in one's place. From now on Ctrl-C interrupts whatever sleeps or polls, as when the board's MicroPython has started."""
    sys.modules["micropython"] = emulated = _Micropython()
    emulated.kbd_intr(_CTRL_C)
    clockwork.PULSE.subscribe(_look)


def prompt():
    """The prompt comes: there Ctrl-C is a letter."""
    sys.modules["micropython"].kbd_intr(_NONE)
    clockwork.PULSE.unsubscribe(_look)


def _look(now_us):
    if CHIP.world.pop(PRESSED, False):
        clockwork.interrupt()
