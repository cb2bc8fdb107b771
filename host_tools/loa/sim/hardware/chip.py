"""One emulated chip: what its modules share, and what the supervisor told it through the environment when it was switched on.

Without a folder it is a bare chip on a bench: the flash is empty and nothing is recorded.
"""

import json

from loa.sim.hardware.flash import NorFlash, blank
from loa.sim.hardware.lifeline import CUT, Lifeline
from loa.sim.hardware.rtc import Rtc

FOLDER = "LOA_SIM_FOLDER"  # the node's own folder, absolute
BOOT = "LOA_SIM_BOOT"  # number of this start, from 1
CAUSE = "LOA_SIM_CAUSE"  # one of the causes below
LINK = "LOA_SIM_LINK"  # "1" if the network is in reach
LIFELINE = "LOA_SIM_LIFELINE"  # file descriptor of the wire to the supervisor
MAC = "LOA_SIM_MAC"  # 12 hexadecimal digits
TERMINAL = "LOA_SIM_TERMINAL"  # "1" if there is somebody at the console

POWER, HARD, WATCHDOG, SOFT = "power", "hard", "watchdog", "soft"
PROMPT = "prompt"  # a soft reset at the prompt, which ends there again without running a program

FLASH_FILE = "flash.bin"
RTC_FILE = "rtc.json"
PINS_FILE = "pins.jsonl"
_BENCH_BLOCKS = 16


class Host:
    """What a runtime must offer: `now_us()` (only grows), `unix_ns()`, `environment(name)` (None if not set), `open(path, mode)` (unbuffered),
    `rename(old, new)` (replaces), `open_descriptor(number)` and `readable(stream)` for the lifeline, `schedule(function, argument)` as `micropython.schedule`,
    `sleep_to_tick(limit_us)`, `leave()` (does not return).
    """


class Chip:
    """`host`: see `Host`; `pulse`: the 10 ms tick."""

    def __init__(self, host, pulse):
        self.host = host
        self.pulse = pulse
        self.folder = host.environment(FOLDER)
        self.boot = int(host.environment(BOOT) or 1)
        self.cause = host.environment(CAUSE) or POWER
        self.terminal = host.environment(TERMINAL) == "1"
        self.mac = bytes(int(pair, 16) for pair in _pairs(host.environment(MAC) or "24000000c0de"))
        self.linked = host.environment(LINK) != "0"
        self.frequency = 160_000_000
        self.rtc = Rtc(lambda: host.unix_ns() // 1_000)
        self.flash = NorFlash(self.open(FLASH_FILE, "r+b") if self.folder else blank(_BENCH_BLOCKS))
        self._segments = 0
        self._pins = self.open(PINS_FILE, "ab") if self.folder else None
        descriptor = host.environment(LIFELINE)
        stream = host.open_descriptor(int(descriptor)) if descriptor else None
        self.lifeline = Lifeline(stream, lambda: host.readable(stream))
        self._kept = {}
        self._resume_rtc()
        if stream is not None:
            pulse.subscribe(self._hear)

    def open(self, name, mode):
        """Open a file of the node's folder on the host."""
        return self.host.open(self.folder + "/" + name, mode)

    def next_segment(self):
        """Path without ending for the next recording of this boot, or None on the bench."""
        self._segments += 1
        return "{}/speaker-{:04d}-{:02d}".format(self.folder, self.boot, self._segments) if self.folder else None

    def record_pin(self, number, level):
        """Note a level that a pin was driven to."""
        if self._pins is not None:
            entry = {"t_ns": self.host.unix_ns(), "boot": self.boot, "pin": number, "level": level}
            self._pins.write((json.dumps(entry) + "\n").encode())

    def keep_rtc(self):
        """Call after every change of the RTC: what it holds survives a reset, but not a loss of power."""
        self.keep(RTC_FILE, self.rtc.kept())

    def keep(self, name, state):
        """Store a JSON value over the end of this process, whole or not at all."""
        self._kept[name] = state
        if self.folder:
            with self.open(name + ".new", "w") as file:
                file.write(json.dumps(state))
            self.host.rename(self.folder + "/" + name + ".new", self.folder + "/" + name)

    def kept(self, name):
        """What `keep` stored last under `name`, or None."""
        if self.folder and name not in self._kept:
            try:
                with self.open(name, "r") as file:
                    self._kept[name] = json.loads(file.read())
            except OSError:
                return None
        return self._kept.get(name)

    def reset(self, line):
        """End this run by one of the lifeline's reset lines; the supervisor starts the next. Does not return."""
        self.lifeline.say(line)
        while self.lifeline:
            self.host.sleep_to_tick(1_000_000)
        self.host.leave()

    def _resume_rtc(self):
        kept = None if self.cause == POWER else self.kept(RTC_FILE)
        if kept:
            self.rtc.restore(kept)
        else:
            self.keep_rtc()

    def _hear(self, now_us):
        word = self.lifeline.heard()
        if word is None:
            return
        if not word:
            self.host.leave()  # without its supervisor nobody would ever end this process
        self.linked = word != CUT


def _pairs(text):
    return [text[place : place + 2] for place in range(0, len(text), 2)]
