"""A board behind a TCP socket, `socket://host:port`: an emulator or a serial server. Bytes pass; reset and boot lines, USB ids and baud rates do not exist.

How such a board comes into its loader and out of it without them. What cannot be done so is told: see `NoLoader`.
"""

import time
from contextlib import suppress
from typing import Any

import serial
from esptool import cmds
from esptool.util import FatalError

from loa.flash.console import PROMPT, tap
from loa.flash.errors import BoardError
from loa.language import _

_SCHEME = "socket:"
_BOOT_LOADER_BYTES = 0x7000  # up to the partition table where it begins at 0x1000; elsewhere it ends before
_MAGIC = b"\xe9"
_OUT_OF_RAW = b"\r\x03\r\x02"  # of the prompt that another tool has left there
_BOOT_S = 10.0  # it may just be starting
_HEARD_S = 1.0
_ATTEMPTS = 3  # half a second each
_ATTEMPTS_AFTER_RESET = 20

# ESP32 Technical Reference Manual: GPIO_STRAP_REG, what the boot pins were at reset, and RTC_CNTL_SW_SYS_RST, which resets all but the clock. The first
# is read-only on the chip. An emulator that keeps it in a cell takes that for the boot pins; where it cannot be written, trying does no harm.
_STRAPS = 0x3FF44038
_LOADER, _FLASH = 0x0F, 0x12
_RESET, _SYSTEM = 0x3FF48000, 1 << 31
_ASK = (
    "import os, machine\r"
    "exec(\"if os.uname().machine.endswith('with ESP32'):\\n"  # no other chip has these there
    f' machine.mem32[{_STRAPS:#x}] = {_LOADER:#x}\\n machine.mem32[{_RESET:#x}] = {_SYSTEM:#x}")\r'
)


class NoLoader(BoardError):
    """The chip is not in its loader, and nobody but a person can bring it there."""

    def __init__(self, device: str) -> None:
        super().__init__(
            _("no chip in its loader answers on {device}, and a socket has no lines that would bring it there", device=device),
            _(
                "start the board in its loader: BOOT (IO0) low at reset, in an emulator the strapping mode of UART download; "
                "if it runs MicroPython on our partitions, `loa provision` needs no loader"
            ),
        )


def is_lineless(device: str) -> bool:
    """True for a port that carries bytes and nothing else."""
    return device.startswith(_SCHEME)


def detected(device: str) -> Any:
    """esptool's chip at a port, in its loader; a program at its prompt is asked to go there. Raises `NoLoader`, and what pyserial raises."""
    try:
        return _loader_of(device, _ATTEMPTS)
    except FatalError as error:
        if not _ask_for_loader(device):
            raise NoLoader(device) from error
    try:
        return _loader_of(device, _ATTEMPTS_AFTER_RESET)
    except FatalError as error:
        raise NoLoader(device) from error


def _loader_of(device: str, attempts: int) -> Any:
    return cmds.detect_chip(device, connect_mode="no-reset", connect_attempts=attempts)


def start(esp: Any, boot_loader: bytes) -> bool:
    """Start what is in flash: by a reset, where the boot pins could be set; else the boot loader (`boot_loader_place`) is put into RAM and run there.

    False if there is none. Chips of other families than the ESP32 are started from RAM alone.
    """
    if boot_loader[:1] != _MAGIC:
        return False
    if esp.CHIP_NAME == "ESP32":
        esp.write_reg(_STRAPS, _FLASH)
        if esp.read_reg(_STRAPS) == _FLASH:
            with suppress(FatalError):  # it answers no more
                esp.write_reg(_RESET, _SYSTEM)
            return True
    cmds.load_ram(esp, boot_loader)
    return True


def boot_loader_place(esp: Any) -> tuple[int, int]:
    """Address and size of the flash in which a chip's boot loader lies."""
    return int(esp.BOOTLOADER_FLASH_OFFSET), _BOOT_LOADER_BYTES


def _ask_for_loader(device: str) -> bool:
    """True if MicroPython's prompt was there and took it."""
    with serial.serial_for_url(device, timeout=_HEARD_S) as port:
        port.write(_OUT_OF_RAW)
        if PROMPT not in tap(port, _BOOT_S):
            return False
        port.write(_ASK.encode())
        time.sleep(_HEARD_S)  # closed at once, an emulator loses what it has not taken yet
        return True
