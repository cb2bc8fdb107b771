"""A chip in its loader: who it is, what its flash holds, and how that changes. A thin layer over esptool's functions, with errors for people.

The ROM answers until something is to be written or read back; the faster flasher stub is loaded only then.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from esptool import cmds
from esptool.util import FatalError, flash_size_bytes, strip_chip_name
from serial import SerialException

from loa.flash import lineless, messages
from loa.flash.errors import BoardError, explained
from loa.language import _
from loa.progress import Progress, Silent

BAUD = 460_800
_ROM_BAUD = 115_200
_ATTEMPTS = 4  # each of esptool's ways to reset a chip once
Pieces = Sequence[tuple[int, bytes]]


class Loader:
    """An open loader. Every method raises a `BoardError` for what goes wrong on the way."""

    def __init__(self, esp: Any, device: str, baud: int, progress: Progress) -> None:
        self._esp = esp
        self._device = device
        self._baud = baud
        self._progress = progress
        self.chip = str(strip_chip_name(esp.CHIP_NAME))
        self.mac = ":".join(f"{octet:02x}" for octet in esp.read_mac("BASE_MAC"))
        cmds.attach_flash(esp)
        size = cmds.detect_flash_size(esp)
        if size is None:
            raise BoardError(
                _("the flash chip of the board on {device} does not say its size", device=device),
                _("it is damaged, or its pins are used by something else"),
            )
        self.flash_bytes = int(flash_size_bytes(size))
        esp.flash_set_parameters(self.flash_bytes)

    def md5(self, address: int, size: int) -> str:
        """MD5 of a stretch of flash in hexadecimal, computed by the chip."""
        with self._errors():
            return str(self._esp.flash_md5sum(address, size)).lower()

    def read(self, address: int, size: int) -> bytes:
        """A stretch of flash."""
        with self._errors():
            self._need_stub()
            return bytes(self._esp.read_flash(address, size))

    def write(self, pieces: Pieces, progress: Progress | None = None) -> None:
        """Write the pieces, compressed, and compare what stands there afterwards. Sectors they touch are erased."""
        with self._errors(), messages.heard_by(progress or self._progress):
            self._need_stub()
            cmds.write_flash(self._esp, list(pieces), compress=True)

    def erase(self, address: int, size: int) -> None:
        """Erase whole sectors."""
        with self._errors():
            self._need_stub()
            self._esp.erase_region(address, size)

    def restart(self) -> None:
        """Leave the loader: what is in flash runs."""
        with self._errors():
            if not lineless.is_lineless(self._device):
                cmds.reset_chip(self._esp, "hard-reset")
            elif not lineless.start(self._esp, self.read(*lineless.boot_loader_place(self._esp))):
                self._progress.note(_("the flash holds nothing that starts, so the board stays in its loader"))

    def close(self) -> None:
        """Let go of the port."""
        self._esp._port.close()

    def _need_stub(self) -> None:
        if not self._esp.IS_STUB:
            self._esp = cmds.run_stub(self._esp)
            self._esp.WRITE_FLASH_ATTEMPTS = 1  # a cable that was pulled is told at once; repeating is cheap
            if self._baud != _ROM_BAUD:
                self._esp.change_baud(self._baud)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        with _errors(self._device), messages.heard_by(self._progress):
            yield


@contextmanager
def connected(device: str, baud: int | None = None, progress: Progress | None = None) -> Iterator[Loader]:
    """The loader of the chip on a port, for as long as the block lasts. What is in flash runs afterwards, whatever happened, if the port still works.

    `baud` is the rate while flashing; None: `BAUD`, and over a socket, behind which nobody may know of a change, the loader's own.
    """
    listener = progress or Silent()
    baud = baud or (_ROM_BAUD if lineless.is_lineless(device) else BAUD)
    with _errors(device), messages.heard_by(listener):
        esp = lineless.detected(device) if lineless.is_lineless(device) else cmds.detect_chip(device, connect_attempts=_ATTEMPTS)
    try:
        with _errors(device), messages.heard_by(listener):
            loader = Loader(esp, device, baud, listener)
        try:
            yield loader
        except BaseException:
            with suppress(BoardError):  # what went wrong first is what counts
                loader.restart()
            raise
        loader.restart()
    finally:
        esp._port.close()


@contextmanager
def _errors(device: str) -> Iterator[None]:
    try:
        yield
    except (FatalError, SerialException, OSError) as error:
        raise explained(error, device) from error
