"""Builds the hardware objects of this board from `board.json`, and says who this node is. The only module that names pins; decides nothing.

`board.json` and `identity.json` were written at the bench and stand in the root of the node's files.
"""

import json

import esp32
import machine
import network
from esp32 import Partition

_CAUSES = {
    machine.PWRON_RESET: "power",  # or brown-out: the chip does not tell
    machine.HARD_RESET: "reset",  # or a panic
    machine.WDT_RESET: "watchdog",
    machine.DEEPSLEEP_RESET: "sleep",
    machine.SOFT_RESET: "soft",
}
_UPLINKS = {"wlan": lambda: network.WLAN(network.STA_IF)}


class Board:
    """`root`: folder of the node's files without a slash at its end ("" on the board); `watchdog`: the running machine.WDT."""

    def __init__(self, root, watchdog):
        self.root = root
        self.watchdog = watchdog
        self.identity = _read(root + "/identity.json")
        wiring = _read(root + "/board.json")
        self.name = wiring["board"]
        self.rate = wiring["rate"]  # of the samples, Hz
        self.codecs = wiring["codecs"]  # that it has the memory and the speed for
        self.data = root + "/data"
        self.rtc = machine.RTC()
        self.journal = Partition.find(Partition.TYPE_DATA, label="journal")[0]
        self.amplifier = Amplifier(wiring["amplifier"])
        self.uplinks = [(name, _UPLINKS[name]()) for name in wiring["uplinks"]]
        self._i2s = wiring["i2s"]

    def i2s(self, rate, ring_bytes):
        """A running `machine.I2S` for mono int16 out, with a ring of so many bytes. Raises OSError where there is no room for it."""
        pins = self._i2s
        return machine.I2S(
            pins["unit"],
            sck=machine.Pin(pins["sck"]),
            ws=machine.Pin(pins["ws"]),
            sd=machine.Pin(pins["sd"]),
            mode=machine.I2S.TX,
            bits=16,
            format=machine.I2S.MONO,
            rate=rate,
            ibuf=ring_bytes,
        )

    def cause(self):
        """Word for what started this run, as far as the chip knows."""
        return _CAUSES[machine.reset_cause()]

    def reset(self):
        """Start anew, as after a power cut but with the amplifier off."""
        self.amplifier.off()
        machine.reset()

    def idf_heap(self):
        """`esp32.idf_heap_info` of data memory."""
        return esp32.idf_heap_info(esp32.HEAP_DATA)


class Amplifier:
    """The pin that switches the amplifier; off from the moment it is made."""

    def __init__(self, wiring):
        self._on = wiring["on"]
        self._pin = machine.Pin(wiring["pin"], machine.Pin.OUT, value=1 - self._on)

    def on(self):
        self._pin.value(self._on)

    def off(self):
        self._pin.value(1 - self._on)


def _read(path):
    with open(path) as file:
        return json.load(file)
