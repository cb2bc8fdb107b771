"""One simulated node: its folder, its process, and the supervisor that is its power supply, reset line, watchdog circuit and access point.

The folder keeps everything: `flash.bin`, `speaker-<boot>-<n>.wav` with their times, `pins.jsonl`, `boots.jsonl`, `log`. What a power cut takes from
the real board it takes here: the process is killed at any instruction, the RTC is lost, and the flash keeps what was programmed.
"""

import contextlib
import hashlib
import json
import re
import select
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from loa.errors import LoaError
from loa.language import _
from loa.sim import recording
from loa.sim.hardware import chip, lifeline, surroundings
from loa.sim.heap import heap_kb
from loa.sim.launch import launch, start_command
from loa.sim.runtime import Runtime
from loa.sim.watchdog import Watchdog

BOOTS_FILE = "boots.jsonl"
LOG_FILE = "log"
_TRACEBACK = re.compile(r"^Traceback .*\n(?: .*\n)*(\S.*)$", re.MULTILINE)
_CONTROL_A = b"\x01"
_RESETS = {lifeline.RESET_HARD.strip(): chip.HARD, lifeline.RESET_SOFT.strip(): chip.SOFT}
_HOPELESS = 3  # runs in a row
OFF = "off"  # the power was cut from outside
DIED = "died"  # the process ended by itself: a fault of the emulation, or of the runtime


@dataclass(frozen=True)
class Boot:
    """A start and its end; `cause`: power, hard, soft or watchdog; `ended_ns` and `why` (a cause, "off" or "died") are None while it runs."""

    number: int
    cause: str
    started_ns: int
    ended_ns: int | None = None
    why: str | None = None


class Terminal(Protocol):
    """What may sit at a node's console, see `loa.sim.boards.console`."""

    def open(self) -> int:
        """A file descriptor for the process that is about to start."""
        ...

    def close(self) -> None:
        """The process has ended."""
        ...

    def interruptible(self, character: int) -> None:
        """The program called `micropython.kbd_intr(character)`."""
        ...

    def hear(self, data: bytes) -> None:
        """Type this."""
        ...


class SimulatedNode:
    """`folder` is made if it is missing. MicroPython's heap is as large as the soldered board says, see `loa.sim.heap`.

    With a `terminal` the console is that one's, and MicroPython's prompt is there when the program ends; it needs MicroPython. `mac`: 6 bytes, of
    the node's own making if left out.
    """

    def __init__(
        self,
        folder: Path,
        node_id: str,
        runtime: Runtime,
        *,
        terminal: Terminal | None = None,
        mac: bytes | None = None,
    ) -> None:
        self.folder = folder.resolve()
        self.node_id = node_id
        self.runtime = runtime
        self._terminal = terminal
        self._mac = mac or bytes([0x24]) + hashlib.sha256(node_id.encode()).digest()[:5]
        self._world: dict[str, Any] = {"seed": node_id, "began_ns": time.time_ns()}
        self._thread: threading.Thread | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._wire: socket.socket | None = None
        self._ordered: str | None = None  # how this run is to end, as told from outside
        self._lock = threading.Lock()
        self._boots: list[Boot] = []
        self.folder.mkdir(parents=True, exist_ok=True)

    # The bench

    def install(self, image: bytes, soldered: Mapping[str, Any] | None = None) -> None:
        """Write the flash. The node must be off.

        `soldered`: what is on the board beside the chip. `amplifier` with `pin` and the level `on`, and with it the `rate` of the samples: a wrong order of
        clocks and amplifier is heard. `psram_mb`: 0 leaves memory for one TLS session and a small heap. `pull_ups`: pins with a resistor to the supply.
        `models`: see `loa.sim.esp32.fitting`. What the description of a board says of it is in `loa.sim.soldered`.
        """
        if self.running:
            raise LoaError(_("node {node_id} is running", node_id=self.node_id))
        (self.folder / chip.FLASH_FILE).write_bytes(image)
        (self.folder / chip.SOLDERED_FILE).write_text(json.dumps(dict(soldered or {})))

    # The power supply and the reset button

    @property
    def running(self) -> bool:
        """True while it has power."""
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        """Switch on; returns when the process exists. Raises `LoaError` without a flash image or if it is on already."""
        if self.running:
            raise LoaError(_("node {node_id} is running", node_id=self.node_id))
        if not (self.folder / chip.FLASH_FILE).exists():
            raise LoaError(_("node {node_id} has no flash image", node_id=self.node_id), _("call install first"))
        self._ordered = None
        self._spawn(chip.POWER)
        self._thread = threading.Thread(target=self._supervise, name=f"node {self.node_id}", daemon=True)
        self._thread.start()

    def power_off(self) -> None:
        """Cut the power now, in the middle of whatever it does. A node that is off stays so."""
        self._end(OFF)
        if self._thread is not None:
            self._thread.join()

    def power_cycle(self, off_s: float = 0.0) -> None:
        """Cut the power and switch it on again."""
        self.power_off()
        time.sleep(off_s)
        self.start()

    def brown_out(self, off_s: float = 0.0) -> None:
        """Let the supply sag below what the chip needs, for so long. It starts again and cannot tell that from being switched on.

        A node that is off stays so.
        """
        if self.running:
            self.power_cycle(off_s)

    def reset(self) -> None:
        """Press the reset button: as `machine.reset()`."""
        self._end(chip.HARD)

    def interrupt(self) -> None:
        """Ctrl-C at its console while a program runs there."""
        with self._lock:
            self._tell({lifeline.PRESSED: True})

    # The world around it

    def link(self, up: bool, why: str = surroundings.GONE) -> None:
        """Take the access point away, or bring it back. `why` it lets the node in no more: one of `loa.sim.hardware.surroundings.LINKS`."""
        self.surround(link=surroundings.UP if up else why)

    @property
    def surroundings(self) -> dict[str, Any]:
        """What is around the board now, see `surround`."""
        around: dict[str, Any] = surroundings.calm()
        return around | self._world

    def surround(self, **changed: Any) -> None:
        """Change what is around the board, running or not; members and their meaning are those of `loa.sim.hardware.surroundings.calm`."""
        unknown = changed.keys() - surroundings.calm().keys()
        if unknown:
            raise ValueError(f"nothing around a board is called {', '.join(sorted(unknown))}")
        with self._lock:
            self._world |= changed
            self._tell(changed)

    def _tell(self, changed: dict[str, Any]) -> None:
        if self._wire is not None:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it is ending; the next run begins with it
                self._wire.sendall(lifeline.surroundings(changed))

    # What can be seen from outside

    @property
    def boots(self) -> list[Boot]:
        """Every start since this object was made."""
        return list(self._boots)

    def log(self) -> str:
        """What the node printed over all starts."""
        path = self.folder / LOG_FILE
        return path.read_text(errors="replace") if path.exists() else ""

    def wait_for(self, pattern: str, timeout_s: float, since: int = 0) -> re.Match[str]:
        """Wait until the log from character `since` has a match. Raises `LoaError` with the end of the log if it has none in time."""
        wanted = re.compile(pattern, re.MULTILINE)
        wait_until(lambda: wanted.search(self.log(), since) is not None, timeout_s)
        match = wanted.search(self.log(), since)
        if match is None:
            raise LoaError(
                _(
                    "node {node_id} did not print {pattern!r} within {timeout_s} s; its log ends with",
                    node_id=self.node_id,
                    pattern=pattern,
                    timeout_s=timeout_s,
                ),
                self.log()[-2000:],
            )
        return match

    def trouble(self) -> str:
        """The last that is known to be wrong with it, in one line: what its program raised, or how often it was reset."""
        if not self.running and self._boots and self._boots[-1].why == DIED:
            return _("its process ended by itself")
        raised = [lines[1] for lines in _TRACEBACK.finditer(self.log())]
        if raised:
            return _("its program raised {error}", error=raised[-1])
        bitten = sum(boot.why == chip.WATCHDOG for boot in self._boots)
        if bitten:
            return _("its program hung, and its watchdog reset it {times} times", times=bitten)
        return _("its program runs and says nothing of itself")

    def check_program(self) -> None:
        """Raise `LoaError` if it does not get anywhere: its watchdog has ended the last three runs."""
        ended = [boot.why for boot in self._boots if boot.why is not None][-_HOPELESS:]
        if ended == [chip.WATCHDOG] * _HOPELESS:
            raise LoaError(
                _("node {node_id} starts over and over: {trouble}", node_id=self.node_id, trouble=self.trouble()),
                _("its log is {log_file}", log_file=self.folder / LOG_FILE),
            )

    def segments(self) -> list[recording.Segment]:
        """What its speaker played."""
        return recording.segments(self.folder)

    # The supervisor

    def _end(self, why: str) -> None:
        """End the run that is on. Between two runs only the loss of power counts, a reset is under way then."""
        with self._lock:
            alive = self._process is not None and self._process.poll() is None
            if alive or why == OFF:
                self._ordered = why
            if alive and self._process is not None:
                self._process.kill()

    def _supervise(self) -> None:
        watchdog = Watchdog()
        while True:
            why = self._attend(watchdog)
            self._clean_up(why)
            if why == DIED:
                return
            if why not in (chip.SOFT, chip.PROMPT):
                watchdog.stop()  # only a soft reset leaves it running
            if not self._spawn(why):
                return

    def _attend(self, watchdog: Watchdog) -> str:
        """Serve the lifeline of one run; returns why it ended."""
        assert self._wire is not None and self._process is not None
        wire, heard = self._wire, b""
        while True:
            if not select.select([wire], [], [], watchdog.left_s())[0]:
                self._process.kill()
                return chip.WATCHDOG
            try:
                piece = wire.recv(4096)
            except ConnectionResetError:
                piece = b""
            if not piece:
                self._process.wait()
                return self._ordered or self._left()
            *lines, heard = (heard + piece).split(b"\n")
            for line in lines:
                if line in _RESETS:
                    self._process.kill()
                    return _RESETS[line]
                if line.startswith(lifeline.INTERRUPT):
                    self._interruptible(int(line[len(lifeline.INTERRUPT) :]))
                else:
                    watchdog.obey(line)

    def _left(self) -> str:
        """Why a process ended by itself: Ctrl-D at the prompt is a soft reset."""
        assert self._process is not None
        return chip.PROMPT if self._terminal is not None and self._process.returncode == 0 else DIED

    def _interruptible(self, character: int) -> None:
        if self._terminal is not None:
            self._terminal.interruptible(character)

    def _spawn(self, cause: str) -> bool:
        """Begin the next run; False if the power was cut before it could begin."""
        with self._lock:
            if self._ordered == OFF:
                return False
            self._ordered = None
            number = 1 + sum(1 for _ in _lines(self.folder / BOOTS_FILE))
            self._process, self._wire = self._run(number, cause)
        boot = Boot(number, cause, time.time_ns())
        self._boots.append(boot)
        self._note({"boot": number, "cause": cause, "started_ns": boot.started_ns})
        return True

    def _run(self, number: int, cause: str) -> tuple[subprocess.Popen[bytes], socket.socket]:
        """The process of one run and our end of its lifeline."""
        terminal = None if self._terminal is None else self._terminal.open()
        told = {
            chip.FOLDER: str(self.folder),
            chip.BOOT: str(number),
            chip.CAUSE: cause,
            chip.WORLD: json.dumps(self._world),
            chip.MAC: self._mac.hex(),
        }
        launched = launch(self._command(), self.folder / LOG_FILE, told, terminal)
        if self._terminal is not None and cause == chip.PROMPT:
            self._terminal.hear(_CONTROL_A)
        return launched

    def _command(self) -> list[str]:
        """What its process runs; a node that is watched from outside its firmware runs something around it."""
        return start_command(self.runtime, heap_kb(self._psram_mb()), prompt=self._terminal is not None)

    def _psram_mb(self) -> int:
        """Of the soldered board; of the kind that has it where nothing was said."""
        file = self.folder / chip.SOLDERED_FILE
        return int(json.loads(file.read_text()).get("psram_mb", 1)) if file.exists() else 1

    def _clean_up(self, why: str) -> None:
        assert self._process is not None and self._wire is not None
        self._process.wait()
        with self._lock:
            self._wire.close()
            self._wire = None
        if self._terminal is not None:
            self._terminal.close()
        last = self._boots[-1]
        self._boots[-1] = Boot(last.number, last.cause, last.started_ns, time.time_ns(), why)
        self._note({"ended": last.number, "why": why, "ended_ns": self._boots[-1].ended_ns})
        for segment in recording.segments(self.folder):
            if segment.boot == last.number:
                segment.close()

    def _note(self, entry: dict[str, Any]) -> None:
        with (self.folder / BOOTS_FILE).open("a") as file:
            file.write(json.dumps(entry) + "\n")


def wait_until(condition: Callable[[], bool], timeout_s: float) -> bool:
    """Look every 20 ms until `condition()` is true; False if it is not in time."""
    end = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text().splitlines() if '"started_ns"' in line] if path.exists() else []
