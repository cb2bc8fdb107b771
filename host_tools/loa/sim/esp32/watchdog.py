"""`machine.WDT`: once started nothing stops it, also no soft reset. The circuit itself is the supervisor, who kills the process."""

from chip import CHIP

from loa.sim.hardware.lifeline import FED, watchdog


class WDT:
    """`timeout` in milliseconds; a second object has the same circuit with a new time-out."""

    def __init__(self, id=0, timeout=5000):
        if id != 0 or timeout <= 0:
            raise ValueError("WDT")
        CHIP.lifeline.say(watchdog(timeout))

    def feed(self):
        CHIP.lifeline.say(FED)
