"""The console of a running virtual board: MicroPython's terminal on one side, the board's UART on the other.

A pseudo-terminal has no UART behind it, so two things are done here. What arrives while a program runs waits for the prompt, as in the UART's ring buffer, and
is lost where that is full. A 0x03 that arrives then interrupts the program, unless it said that it does not want that. Not for Windows.
"""

import os
import pty
import re
import select
import termios
import threading
import tty
from collections.abc import Callable

_CTRL_C = b"\x03"
_READ = 4096
_RING = 260  # MicroPython's stdin ring on the ESP32, `stdin_ringbuf_array`
_LOOK_S = 0.01


class Console:
    """`say(bytes)` gets what the board prints, from a thread. `interrupt()` is called for a Ctrl-C that a running program is to notice."""

    def __init__(self, say: Callable[[bytes], None], interrupt: Callable[[], None]) -> None:
        self._say = say
        self._interrupt = interrupt
        self._master: int | None = None
        self._heard_interrupts = False
        self._interrupted = False
        self._held = b""
        self._lock = threading.RLock()

    def open(self) -> int:
        """A new terminal for a process that is about to start; returns its end, which the caller closes once the process has it."""
        self.close()
        self._master, theirs = pty.openpty()
        os.set_blocking(self._master, False)
        tty.setraw(theirs)
        mode = termios.tcgetattr(theirs)
        mode[3] |= termios.ISIG  # MicroPython takes it away while it reads its prompt, which is how one knows
        termios.tcsetattr(theirs, termios.TCSANOW, mode)
        self._heard_interrupts, self._interrupted, self._held = False, False, b""
        threading.Thread(target=self._listen, args=(self._master,), name="console", daemon=True).start()
        return theirs

    def close(self) -> None:
        """The process has ended; what it printed last has been said when this returns."""
        with self._lock:
            master, self._master = self._master, None
        if master is not None:
            self._drain(master)
            os.close(master)

    def interruptible(self, character: int) -> None:
        """As `micropython.kbd_intr`."""
        self._heard_interrupts = character == _CTRL_C[0]

    def hear(self, data: bytes) -> None:
        """What came over the UART."""
        with self._lock:
            for part in re.split(rb"(\x03)", data):
                if part == _CTRL_C and self._runs():
                    if self._heard_interrupts and not self._interrupted:
                        self._interrupted = True
                        self._interrupt()
                elif self._runs() or self._held:
                    self._held = (self._held + part)[:_RING]
                else:
                    self._type(part)

    def _runs(self) -> bool:
        """True while a program runs, False while MicroPython reads its prompt."""
        return self._master is not None and bool(termios.tcgetattr(self._master)[3] & termios.ISIG)

    def _type(self, data: bytes) -> None:
        if self._master is not None and data:
            try:
                os.write(self._master, data)
            except BlockingIOError:  # nobody reads: overrun
                return

    def _type_held(self) -> None:
        if self._runs():
            return
        self._interrupted = False
        if self._held:
            held, self._held = self._held, b""
            self._type(held)

    def _listen(self, master: int) -> None:
        while True:
            try:
                ready = select.select([master], [], [], _LOOK_S)[0]
                with self._lock:
                    if self._master != master:
                        return
                    self._type_held()
                    data = os.read(master, _READ) if ready else b""
            except (OSError, ValueError):  # the process closed its end, or `close` was quicker
                return
            if data:
                self._say(data)

    def _drain(self, master: int) -> None:
        try:
            while data := os.read(master, _READ):
                self._say(data)
        except OSError:  # nothing more, or nobody at the other end
            return
