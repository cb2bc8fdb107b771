"""Takes over a board that runs: brings it to MicroPython's prompt, by mpremote's transport, and lets it go again.

A node listens to Ctrl-C for two seconds after its reset only, so it is reset first if it does not answer at once. Whoever is at the prompt of a node has its
watchdog at the neck; programs that are sent (`on_board`) feed it.
"""

import io
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from importlib.resources import files
from typing import Any

from mpremote.transport import TransportError, TransportExecError
from mpremote.transport_serial import SerialTransport
from serial import SerialException

from loa.flash.console import PROMPT, tap
from loa.flash.errors import BoardError, explained
from loa.flash.lineless import is_lineless
from loa.language import _
from loa.progress import Progress, Silent

_BAUD = 115_200  # of MicroPython's console on every stock image
_READ_S = 5.0
_AT_ONCE_S = 0.4
_AFTER_RESET_S = 6.0
_BOOT_S = 10.0  # a board that has no lines may just be starting
_BY_HAND_S = 20.0  # for somebody to reset a board that has no lines
_HOLD_S = 0.1  # in reset
_LONG_S = 60.0
_HANGS = "timeout waiting for"  # mpremote's words
_SHOWN = 4  # lines of what a stubborn board says


class NoPrompt(BoardError):
    """What runs on the board does not let itself be interrupted."""

    def __init__(self, device: str, heard: bytes) -> None:
        lines = list(dict.fromkeys(heard.decode(errors="replace").split("\r\n")))[-_SHOWN:]
        says = _("it says: {words}", words="; ".join(line for line in lines if line)) if any(lines) else _("it says nothing")
        super().__init__(
            _("the board on {device} does not come to MicroPython's prompt; {says}", device=device, says=says),
            _("reset it, and run this again at once: a node listens for 2 s after its reset alone")
            if is_lineless(device)
            else _("it runs something else or starts again and again; `loa make-node` or `loa flash` write it anew"),
        )


class BoardHangs(BoardError):
    """A program that was sent does not come to its end."""

    def __init__(self, device: str) -> None:
        super().__init__(
            _("the board on {device} did not finish what it was asked within {seconds} s", device=device, seconds=round(_LONG_S)),
            _("switch it off and on, and run it again"),
        )


class BoardFault(BoardError):
    """A program that was sent failed on the board."""

    def __init__(self, words: str) -> None:
        super().__init__(
            _("the board reports: {words}", words=words.strip().splitlines()[-1]), _("run it again; if it stays so, flash it anew")
        )


class Prompt:
    """A board at its raw prompt."""

    def __init__(self, transport: SerialTransport, device: str) -> None:
        self._transport = transport
        self._device = device

    def load(self, program: str) -> None:
        """Define what a program of `on_board` defines."""
        self.run(files("loa.bench.on_board").joinpath(f"{program}.py").read_text(encoding="utf-8"))

    def run(self, code: str) -> str:
        """Execute code on the board; returns what it printed. Raises `BoardFault` or what happened to the port."""
        with _errors(self._device):
            out, error = self._transport.exec_raw(code, timeout=_LONG_S)
        if error:
            raise BoardFault(error.decode(errors="replace"))
        return str(out.decode(errors="replace")).replace("\r\n", "\n")

    def ask(self, code: str) -> Any:
        """The value that the code prints as JSON, on its last line."""
        return json.loads(self.run(code).strip().splitlines()[-1])


@contextmanager
def taken_over(device: str, progress: Progress | None = None) -> Iterator[Prompt]:
    """The prompt of the board on a port, for as long as the block lasts; then the board is reset and runs. Raises a `BoardError`."""
    with _errors(device):
        transport = SerialTransport(device, _BAUD, timeout=_READ_S)
    try:
        with _errors(device):
            _interrupt(transport, device, progress or Silent())
            with redirect_stdout(io.StringIO()):  # it prints what it did not expect
                transport.enter_raw_repl(soft_reset=False)
        yield Prompt(transport, device)
    finally:
        with suppress(OSError, TransportError):  # the cable is out
            _let_go(transport, device)
        with suppress(OSError):
            transport.serial.close()


def _interrupt(transport: SerialTransport, device: str, progress: Progress) -> None:
    port = transport.serial
    heard = tap(port, _BOOT_S if is_lineless(device) else _AT_ONCE_S)
    if PROMPT not in heard and is_lineless(device):
        progress.stage(_("reset the board by hand now: a socket has no line that does it"))
        heard = tap(port, _BY_HAND_S)
    elif PROMPT not in heard:
        _reset(port)
        port.reset_input_buffer()
        heard = tap(port, _AFTER_RESET_S)
    if PROMPT not in heard:
        raise NoPrompt(device, heard)


def _let_go(transport: SerialTransport, device: str) -> None:
    if not is_lineless(device):
        _reset(transport.serial)
    elif transport.in_raw_repl:
        transport.exec_raw_no_follow("import machine\nmachine.reset()")


def _reset(port: Any) -> None:
    """By the usual circuit: RTS alone holds the chip in reset."""
    port.dtr = False
    port.rts = True
    time.sleep(_HOLD_S)
    port.rts = False


@contextmanager
def _errors(device: str) -> Iterator[None]:
    try:
        yield
    except TransportExecError as error:
        raise BoardFault(error.error_output) from error
    except TransportError as error:
        if _HANGS in str(error):
            raise BoardHangs(device) from error
        cause = error.__context__
        raise explained(cause if isinstance(cause, OSError) else SerialException(str(error)), device) from error
    except OSError as error:  # pyserial's SerialException is one
        raise explained(error, device) from error
