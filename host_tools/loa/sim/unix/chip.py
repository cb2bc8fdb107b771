"""The one chip of this process."""

from clockwork import unix_ns
from loa.sim.hardware.rtc import Rtc

RTC = Rtc(lambda: unix_ns() // 1_000)
