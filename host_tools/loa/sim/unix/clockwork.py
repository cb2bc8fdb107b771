"""The board's own time and the one pulse that everything emulated in this process follows. Both come from its crystal."""

import built_in
from micropython import heap_lock, heap_unlock

from loa.sim.hardware.crystal import PERFECT, Crystal
from loa.sim.hardware.pulse import Pulse

HOST = built_in.load("time")
unix_ns = HOST.time_ns
_host_us = HOST.ticks_us  # 62 bits: it does not wrap
_DAY_S = 86_400


class _Time:
    def __init__(self):
        self.crystal = Crystal(PERFECT, "", _host_us())
        self.between = ()  # see `subscribe_between`
        self.interrupted = False


_TIME = _Time()


def now_us():
    """Microseconds of the board's crystal; they only grow."""
    return _TIME.crystal.us(_host_us())


PULSE = Pulse(now_us)
PULSE.subscribe(lambda _: _TIME.crystal.turn(_host_us()))


def turn_crystal(figures, seed):
    """Give the board its crystal. Once, before anything else reads the time: it begins at the host's."""
    host_us = _host_us()
    _TIME.crystal = Crystal(figures, seed, host_us, unix_ns() // 1_000_000_000 % _DAY_S)


def crystal_ppm():
    """By how much the crystal is fast now."""
    return _TIME.crystal.ppm


def subscribe_between(listener):
    """Call `listener()` also between the ticks while the program sleeps; it returns microseconds to when it wants to be called again, or None."""
    _TIME.between += (listener,)


def run_due():
    """Run the tick if it is due. Emulated hardware may allocate even where the program has locked its heap."""
    if PULSE.until_next_us():
        return
    heap_lock()
    depth = heap_unlock()
    for _ in range(depth):
        heap_unlock()
    try:
        PULSE.run_due()
    finally:
        for _ in range(depth):
            heap_lock()
    if _TIME.interrupted:
        _TIME.interrupted = False
        raise KeyboardInterrupt


def interrupt():
    """Raise KeyboardInterrupt in the program once the hardware has done its tick: never in the middle of that, or where nothing would catch it."""
    _TIME.interrupted = True


def sleep_to_tick(limit_us):
    """Sleep up to the next tick or for `limit_us`, whichever is shorter, and run the tick if it is due."""
    end = now_us() + min(limit_us, PULSE.until_next_us())
    left = end - now_us()
    while left > 0:
        for listener in _TIME.between:
            wanted = listener()
            if wanted is not None:
                left = min(left, wanted)
        HOST.sleep_us(left)
        left = end - now_us()
    run_due()


def stand_still(microseconds):
    """Let so much time pass in which nothing runs, neither program nor hardware."""
    end = now_us() + microseconds
    while now_us() < end:
        HOST.sleep_us(end - now_us())
