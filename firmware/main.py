"""Starts the node: full clock, watchdog, console, file systems, then the application of the chosen slot. Never changes after installation.

The watchdog comes first, so that everything after it may fail: a boot that hangs or raises ends in a reset. Short, because it stays in memory as long
as the node runs; so does what a timer ever called.
"""

import machine
import micropython
from micropython import const

_WATCHDOG_MS = const(10_000)  # above the longest calls that cannot be split, a scan of the radio and a format of `data`
_CONSOLE_MS = const(2_000)  # a person at the bench has so long to press Ctrl-C; on a pole a floating line would press it for ever

machine.freq(240_000_000)
watchdog = machine.WDT(timeout=_WATCHDOG_MS)

import gc
import sys

gc.threshold(4096)  # loading leaves much behind; collected late, what stays would lie scattered and no large block be left


def close_console(timer):
    """Timer callback. The timer repeats until one comes through: a callback that finds the queue full is lost."""
    timer.deinit()
    micropython.kbd_intr(-1)


machine.Timer(0, mode=machine.Timer.PERIODIC, period=_CONSOLE_MS, callback=close_console)

import growth
import mounting

root = mounting.mount_all(watchdog)
del mounting, sys.modules["mounting"]

with growth.Growth():
    from node.start import main
del growth, sys.modules["growth"]

main(root, watchdog)
