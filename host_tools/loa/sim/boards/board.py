"""A virtual board: power, reset and boot lines, its serial port, and what answers there, the ROM loader or the program in flash.

The flash is a file; what a host wrote into it is checked as the chip's own loaders do and then booted, as a simulated node with the
MicroPython of this machine.
"""

import threading
from pathlib import Path

from loa.sim.boards.boot import DoesNotBoot, program_in
from loa.sim.boards.chip_flash import ChipFlash
from loa.sim.boards.console import Console
from loa.sim.boards.rom import RomLoader
from loa.sim.boards.socket_port import Host, SocketPort
from loa.sim.boards.uart import ROM_BAUD, Uart
from loa.sim.hardware.chip import FLASH_FILE
from loa.sim.node import LOG_FILE, SimulatedNode
from loa.sim.runtime import Runtime

_RISE_S = 0.025  # the capacitor at EN: the boot pin is looked at so long after the reset was let go
_BOOT_LOOP_S = 0.5
_NOISE = b"\xf8"


class VirtualBoard:
    """One board of a chip (esptool's name) with so much flash, in a folder of its own. Bare at first; kept from run to run.

    `pace`: how many times their real time wire and flash take; 0 is as fast as this machine goes.

    `url`: where pyserial opens its port while it is plugged in. `node` is what runs once something bootable is in flash.
    """

    def __init__(self, folder: Path, chip: str, flash_bytes: int, mac: bytes, runtime: Runtime, pace: float = 1.0) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.chip = chip
        self.mac = mac
        self.folder = folder
        self.flash = ChipFlash(folder / FLASH_FILE, flash_bytes, pace)
        self.uart = Uart(pace)
        self.deaf = False  # its receiving pin is broken
        self._console = Console(self._say, self._interrupt)
        self.node = SimulatedNode(folder, mac.hex(), runtime, terminal=self._console, mac=mac)
        self._loader: RomLoader | None = None
        self._boot_loop: threading.Event | None = None
        self._dtr = self._rts = False
        self._in_reset = False
        self._port: SocketPort | None = None
        self._lock = threading.RLock()

    @property
    def url(self) -> str:
        """Its port. RuntimeError if it is not plugged in."""
        if self._port is None:
            raise RuntimeError("the board is not plugged in")
        return self._port.url

    @property
    def plugged(self) -> bool:
        """True while it hangs on its cable."""
        return self._port is not None

    def plug(self) -> str:
        """Connect the cable, which is its power too; returns the URL."""
        with self._lock:
            self.uart.host_baud = ROM_BAUD
            self._port = SocketPort(Host(self._hear, self._set_line, self._set_baud), self.uart)
            self._start()
            return self._port.url

    def unplug(self) -> None:
        """Pull the cable, in the middle of whatever goes on."""
        with self._lock:
            port, self._port = self._port, None
        if port is not None:
            port.close()
        with self._lock:
            self._stop()

    def reset(self) -> None:
        """Press the button."""
        with self._lock:
            self._stop()
            self._start()

    # From the host

    def _hear(self, data: bytes) -> None:
        if self.deaf:
            return
        with self._lock:
            loader = self._loader
            if loader is not None and loader.baud is None:
                self.uart.board_baud = self.uart.host_baud  # the ROM takes the rate of whoever calls
            if not self.uart.agrees:
                data = _NOISE * len(data)
        if loader is not None:
            loader.hear(data)
            self.uart.board_baud = loader.baud or self.uart.board_baud
        else:
            self._console.hear(data)

    def _set_baud(self, baud: int) -> None:
        self.uart.host_baud = baud

    def _set_line(self, name: str, on: bool) -> None:
        """The usual two transistors: RTS alone holds the chip in reset, DTR alone holds the boot pin low."""
        with self._lock:
            setattr(self, f"_{name}", on)
            in_reset = self._rts and not self._dtr
            if in_reset and not self._in_reset:
                self._stop()
            elif self._in_reset and not in_reset:
                timer = threading.Timer(_RISE_S, self._rise)
                timer.daemon = True
                timer.start()
            self._in_reset = in_reset

    def _rise(self) -> None:
        with self._lock:
            if not self._in_reset and self._port is not None:
                self._stop()
                self._start(loading=self._dtr and not self._rts)

    # What runs

    def _stop(self) -> None:
        self._loader = None
        if self._boot_loop is not None:
            self._boot_loop.set()
            self._boot_loop = None
        self.node.power_off()

    def _start(self, loading: bool = False) -> None:
        self.uart.board_baud = ROM_BAUD
        if loading:
            self._loader = RomLoader(self.chip, self.mac, self.flash, self._say, self._restart)
            self._say(b"rst:0x1 (POWERON_RESET),boot:0x3 (DOWNLOAD_BOOT(UART0/UART1/SDIO_REI_REO_V2))\r\nwaiting for download\r\n")
            return
        self._say(b"rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n")
        try:
            program_in(self.flash, self.chip)
        except DoesNotBoot as why:
            self._boot_loop = threading.Event()
            threading.Thread(target=self._loop, args=(str(why), self._boot_loop), name="boot loop", daemon=True).start()
            return
        self.node.start()

    def _restart(self) -> None:
        """The host asked the loader to go."""
        threading.Thread(target=self.reset, name="restart", daemon=True).start()

    def _loop(self, why: str, ended: threading.Event) -> None:
        while not ended.wait(_BOOT_LOOP_S):
            self._say(f"{why}\r\nets_main.c 371\r\n".encode())

    def _interrupt(self) -> None:
        self.node.interrupt()

    def _say(self, data: bytes) -> None:
        port = self._port
        if port is not None:
            port.say(data if self.uart.agrees else _NOISE * len(data))
        self._log(data)

    def _log(self, data: bytes) -> None:
        if self._loader is None:
            with (self.folder / LOG_FILE).open("ab") as log:
                log.write(data)
