"""One emulated chip: what its modules share, and what the supervisor told it through the environment when it was switched on.

Without a folder it is a bare chip on a bench: the flash is empty and nothing is recorded.
"""

import json

from loa.sim.hardware import surroundings
from loa.sim.hardware.callbacks import Callbacks
from loa.sim.hardware.flash import NorFlash, blank
from loa.sim.hardware.lifeline import Lifeline
from loa.sim.hardware.lot import Lot
from loa.sim.hardware.recorder import Recorder, pop
from loa.sim.hardware.rtc import Rtc

FOLDER = "LOA_SIM_FOLDER"  # the node's own folder, absolute
BOOT = "LOA_SIM_BOOT"  # number of this start, from 1
CAUSE = "LOA_SIM_CAUSE"  # one of the causes below
WORLD = "LOA_SIM_WORLD"  # JSON, what is around the board when it is switched on
LIFELINE = "LOA_SIM_LIFELINE"  # file descriptor of the wire to the supervisor
MAC = "LOA_SIM_MAC"  # 12 hexadecimal digits
TERMINAL = "LOA_SIM_TERMINAL"  # "1" if there is somebody at the console

POWER, HARD, WATCHDOG, SOFT = "power", "hard", "watchdog", "soft"
PROMPT = "prompt"  # a soft reset at the prompt, which ends there again without running a program

FLASH_FILE = "flash.bin"
SOLDERED_FILE = "soldered.json"  # see `Chip.soldered`
RTC_FILE = "rtc.json"
PINS_FILE = "pins.jsonl"
_BENCH_BLOCKS = 16
_ERASE_US = 45_000  # W25Q32JV data sheet, tSE: 45 ms typical, 400 ms at most
_ERASE_WORST_US = 400_000
_SLOW_ERASES = 0.01  # of all; how rare they are is an assumption


class Host:
    """What a runtime must offer: `now_us()` (only grows), `unix_ns()`, `environment(name)` (None if not set), `open(path, mode)` (unbuffered),
    `rename(old, new)` (replaces), `open_descriptor(number)` and `readable(stream)` for the lifeline, `schedule(function, argument)` as `micropython.schedule`,
    `sleep_to_tick(limit_us)`, `stand_still(us)` (no emulated hardware runs meanwhile), `turn_crystal(figures, seed)`, `crystal_ppm()`,
    `leave()` (does not return).
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
        self.world = surroundings.calm()
        self.world.update(json.loads(host.environment(WORLD) or "{}"))
        self.lot = Lot(self.world["seed"], self.mac, self.boot)
        self.callbacks = Callbacks(host.schedule)
        self.frequency = 160_000_000
        self.radio_sleeps = False  # between beacons, see `WLAN.config(pm=...)`
        self.rtc = Rtc(lambda: host.unix_ns() // 1_000)
        self.flash = NorFlash(self.open(FLASH_FILE, "r+b") if self.folder else blank(_BENCH_BLOCKS))
        self._segments = 0
        self._pins = self.open(PINS_FILE, "ab") if self.folder else None
        descriptor = host.environment(LIFELINE)
        stream = host.open_descriptor(int(descriptor)) if descriptor else None
        self.lifeline = Lifeline(stream, lambda: host.readable(stream))
        self._kept = {}
        self.soldered = (self.folder and self.kept(SOLDERED_FILE)) or {}
        self._transmitters = ()
        self._amplified = False  # a resistor holds it off until a pin says otherwise
        host.turn_crystal(self.world["crystal"], self.mac)
        self._resume_rtc()
        if stream is not None:
            pulse.subscribe(self._hear)

    @property
    def linked(self):
        """True while the network is in reach."""
        return self.world["link"] == surroundings.UP

    @property
    def has_psram(self):
        """True if there is memory beside the chip's own."""
        return self.soldered.get("psram_mb", 1) > 0

    def charge(self, microseconds):
        """The program is inside a call that cannot be split and takes so long; the hardware goes on."""
        end = self.host.now_us() + microseconds
        self.callbacks.hold()
        try:
            left = microseconds
            while left > 0:
                self.host.sleep_to_tick(left)
                left = end - self.host.now_us()
        finally:
            self.callbacks.release()

    def erase(self, blocks):
        """So many flash blocks are being erased, one after the other: the cache is off, no interrupt is served, and DMA goes on by itself."""
        self.callbacks.hold()
        try:
            for _ in range(blocks):
                self.host.stand_still(self._erase_us())
                now = self.host.now_us()
                for transmitter in self._transmitters:
                    transmitter.deaf(now)
        finally:
            self.callbacks.release()

    def _erase_us(self):
        if self.world["erase_ms"]:
            low, high = self.world["erase_ms"]
            return int(self.lot.between(low, high) * 1_000)
        return int(self.lot.between(_ERASE_US, _ERASE_WORST_US)) if self.lot.fraction() < _SLOW_ERASES else _ERASE_US

    def interrupt(self, function, argument):
        """Schedule a callback from an interrupt; whether there was room for it nobody asks."""
        if self.world["lose"]:
            self.world["lose"] -= 1
            self.callbacks.lost += 1
            return
        self.callbacks.put(function, argument)

    @property
    def transmits(self):
        """Do the clocks of I2S run?"""
        return bool(self._transmitters)

    def connect_transmitter(self, transmitter):
        """I2S is on: its copy task runs on the tick."""
        self._pop_if(self._amplified)
        self._transmitters += (transmitter,)
        self.pulse.subscribe(transmitter.run)

    def disconnect_transmitter(self, transmitter):
        """It is off."""
        self._transmitters = tuple([other for other in self._transmitters if other is not transmitter])
        self.pulse.unsubscribe(transmitter.run)
        self._pop_if(self._amplified and not self._transmitters)

    def open(self, name, mode):
        """Open a file of the node's folder on the host."""
        return self.host.open(self.folder + "/" + name, mode)

    def next_segment(self):
        """Path without ending for the next recording of this boot, or None on the bench."""
        self._segments += 1
        return "{}/speaker-{:04d}-{:02d}".format(self.folder, self.boot, self._segments) if self.folder else None

    def record_pin(self, number, level):
        """Note a level that a pin was driven to."""
        self._switch_amplifier(number, level)
        if self._pins is not None:
            entry = {"t_ns": self.host.unix_ns(), "boot": self.boot, "pin": number, "level": level}
            self._pins.write((json.dumps(entry) + "\n").encode())

    def _switch_amplifier(self, number, level):
        amplifier = self.soldered.get("amplifier")
        if amplifier and amplifier["pin"] == number:
            self._amplified = level == amplifier["on"]
            self._pop_if(self._amplified and not self._transmitters)

    def _pop_if(self, condition):
        """The amplifier is on while its clocks begin, end or are missing: what it gives then is heard as a pop at full power."""
        path = condition and self.next_segment()
        if path:
            rate = self.soldered["rate"]
            recorder = Recorder(self.host.open, path, rate, 1, 16, self.boot, self.host.unix_ns())
            recorder.emit(pop(rate))
            recorder.close()

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
        try:
            changed = self.lifeline.heard()
        except EOFError:
            self.host.leave()  # without its supervisor nobody would ever end this process
        if changed:
            self.world.update(changed)


def _pairs(text):
    return [text[place : place + 2] for place in range(0, len(text), 2)]
