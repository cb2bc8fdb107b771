"""What can go wrong between a host and a board, each with what to do about it. Turns the words of pyserial and esptool into one of these."""

import errno
import sys

from esptool.util import FatalError
from serial import SerialException

from loa.errors import EXIT_BOARD, LoaError
from loa.language import _


class BoardError(LoaError):
    """Something about a board or its cable."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint, EXIT_BOARD)


class PortMissing(BoardError):
    """There is no such port."""

    def __init__(self, device: str) -> None:
        super().__init__(_("there is no port {device}", device=device), _("plug the board in; `loa doctor` lists the ports"))


class PortBusy(BoardError):
    """Another program has the port."""

    def __init__(self, device: str) -> None:
        super().__init__(_("{device} is in use by another program", device=device), _("close terminals and other tools on this port"))


class PortForbidden(BoardError):
    """This user may not open it."""

    def __init__(self, device: str) -> None:
        groups = _("add yourself to the group `dialout` (or `uucp`) and log in again: sudo usermod -a -G dialout $USER")
        super().__init__(
            _("no permission to open {device}", device=device),
            groups if sys.platform.startswith("linux") else _("run it as a user who may use serial ports"),
        )


class Unplugged(BoardError):
    """The connection broke."""

    def __init__(self, device: str) -> None:
        super().__init__(
            _("the connection to {device} broke", device=device),
            _("check the cable and run the same command again: what is already on the board stays and is not sent twice"),
        )


class NoAnswer(BoardError):
    """The chip's loader does not answer."""

    def __init__(self, device: str) -> None:
        super().__init__(
            _("no chip answers on {device}", device=device),
            _("hold the button BOOT (IO0) while you plug the board in, try another cable, and look whether it is powered"),
        )


class LoaderFailed(BoardError):
    """The chip's loader refused or its answers came damaged."""

    def __init__(self, device: str, words: str) -> None:
        super().__init__(
            _("the loader of the chip on {device} failed: {words}", device=device, words=words),
            _("try a shorter cable or --baud 115200, and run the same command again"),
        )


def explained(error: Exception, device: str) -> BoardError:
    """What an exception of pyserial or esptool means for whoever holds the board."""
    words = str(error)
    number = getattr(error, "errno", None)
    if isinstance(error, PermissionError) or number in (errno.EACCES, errno.EPERM) or "Permission denied" in words:
        return PortForbidden(device)
    if (
        number == errno.EBUSY
        or "busy" in words.replace("the port is busy or", "")
        or "Access is denied" in words
        or "exclusively lock" in words
    ):
        return PortBusy(device)
    if number in (errno.ENOENT, errno.ENXIO, errno.ENODEV) or "FileNotFoundError" in words or "Errno 2]" in words or "refused" in words:
        return PortMissing(device)
    if isinstance(error, FatalError):
        return NoAnswer(device) if "Failed to connect" in words else LoaderFailed(device, words.splitlines()[0])
    if isinstance(error, SerialException | OSError):
        return Unplugged(device)
    return LoaderFailed(device, f"{type(error).__name__}: {words}")
