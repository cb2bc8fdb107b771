"""The host's monotonic time and the one pulse that everything emulated in this process follows."""

import built_in
from micropython import heap_lock, heap_unlock

from loa.sim.hardware.pulse import Pulse

HOST = built_in.load("time")
now_us = HOST.ticks_us  # 62 bits: it does not wrap
unix_ns = HOST.time_ns
PULSE = Pulse(now_us)


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


def sleep_to_tick(limit_us):
    """Sleep up to the next tick or for `limit_us`, whichever is shorter, and run the tick if it is due."""
    HOST.sleep_us(min(limit_us, PULSE.until_next_us()))
    run_due()
