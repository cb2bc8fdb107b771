"""Builds the hardware objects of this board from `board.json`, which was written at the bench. Decides nothing."""

import json
from errno import ENOMEM

import esp32
import machine
import network
from esp32 import Partition
from micropython import const

from node.drivers.fitted import Fitted
from node.drivers.spare_memory import SpareMemory

_CAUSES = {
    machine.PWRON_RESET: "power",  # or brown-out: the chip does not tell
    machine.HARD_RESET: "reset",  # or a panic
    machine.WDT_RESET: "watchdog",
    machine.DEEPSLEEP_RESET: "sleep",
    machine.SOFT_RESET: "soft",
}

_BESIDE_RING = const(4_096)  # bytes: descriptors, the copying task and its stack (ports/esp32/machine_i2s.c), and some for the radio
_WITHOUT_PULL = (
    34,
    35,
    36,
    39,
)  # of the ESP32, ESP32 series data sheet 2.2: inputs with neither pull-up nor pull-down; the boards have resistors


class Board:
    """`root`: folder of the node's files without a slash at its end ("" on the board); `watchdog`: the running machine.WDT."""

    def __init__(self, root, watchdog):
        self.root = root
        self.watchdog = watchdog
        wiring = _read(root + "/board.json")
        self.name = wiring["board"]
        self.rate = wiring["rate"]  # of the samples, Hz
        self.buffers = wiring["buffers"]  # bytes, that may wait: `live`, `inbox`, `outbox`
        self.small_ring = wiring.get("small_ring", False)  # of I2S
        spare, regions = wiring.get("spare_memory"), esp32.idf_heap_info(esp32.HEAP_DATA)
        self.memory = SpareMemory(spare, regions)
        self.slow_memory = SpareMemory(spare, regions, "slow")  # for what is rarely used
        self.codecs = wiring["codecs"]  # that it has the memory and the speed for
        self.data = root + "/data"
        self.rtc = machine.RTC()
        self.journal = Partition.find(Partition.TYPE_DATA, label="journal")[0]
        self.fitted = Fitted(wiring, machine, esp32)
        self.amplifier = self.fitted.output
        self._lan = wiring.get("lan")
        self.uplinks = [(name, _early(self._make_lan if name == "lan" else _make_wlan)) for name in wiring["uplinks"]]
        self._i2s = wiring["i2s"]
        self.button = _button(wiring["button"]) if wiring.get("button") else None  # () -> True while it is pressed

    def i2s(self, rate, ring_bytes):
        """A running `machine.I2S` for mono int16 out, with a ring of so many bytes. Raises OSError where there is no room for it.

        Asked beforehand: ESP-IDF's errors are ignored by `machine.I2S` of 1.23, whose task then never ends a write, and the watchdog has the last word.
        """
        if sum(region[1] for region in self.idf_heap()) < ring_bytes + _BESIDE_RING:
            raise OSError(ENOMEM)
        pins = self._i2s
        i2s = machine.I2S(
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
        self.fitted.route_master_clock(pins["unit"])
        return i2s

    def _make_lan(self):
        """Ethernet over a LAN8720; `power` switches on what makes its clock."""
        wiring, pin = self._lan, machine.Pin
        settings = {name: pin(wiring[name]) for name in ("mdc", "mdio", "power", "ref_clk") if name in wiring}
        settings["ref_clk_mode"] = pin.IN if wiring["ref_clk_mode"] == "in" else pin.OUT
        return network.LAN(phy_type=network.PHY_LAN8720, phy_addr=wiring["address"], **settings)

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


def _early(make):
    """A callable that gives what `make` does, made now, while there is memory for it; where that fails, whenever it is called."""
    try:
        made = make()
    except OSError:
        return make
    return lambda: made


def _make_wlan():
    return network.WLAN(network.STA_IF)


def _button(wiring):
    pressed = wiring["pressed"]
    pin = machine.Pin(
        wiring["pin"], machine.Pin.IN, None if wiring["pin"] in _WITHOUT_PULL else machine.Pin.PULL_DOWN if pressed else machine.Pin.PULL_UP
    )
    return lambda: pin.value() == pressed


def _read(path):
    with open(path) as file:
        return json.load(file)
