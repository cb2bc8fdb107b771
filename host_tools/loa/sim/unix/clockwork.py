"""The host's monotonic time and the one pulse that everything emulated in this process follows."""

import built_in
from loa.sim.hardware.pulse import Pulse

HOST = built_in.load("time")
now_us = HOST.ticks_us  # 62 bits: it does not wrap
unix_ns = HOST.time_ns
PULSE = Pulse(now_us)


def sleep_to_tick(limit_us):
    """Sleep up to the next tick or for `limit_us`, whichever is shorter, and run the tick if it is due."""
    HOST.sleep_us(min(limit_us, PULSE.until_next_us()))
    PULSE.run_due()
