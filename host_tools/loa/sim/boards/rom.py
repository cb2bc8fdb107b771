"""The ROM loader of a virtual chip and the flasher stub that a host loads into it, as their serial protocol describes them (esptool, "Serial Protocol").

Registers, identification and the form of answers are `esp32_mock_bootloader`'s. Added here: a flash chip of any size that keeps NOR's rules and
takes its time; a MAC of each board's own; the change of the baud rate; the end of loading. The stub is not executed: what it answers is.
"""

import struct
import time
import zlib
from collections.abc import Callable, Iterator
from typing import Any

from esp32_mock_bootloader import protocol, server
from esptool.targets import CHIP_DEFS

from loa.sim.boards.chip_flash import ChipFlash

_END = b"\xc0"
_COMMANDS = dict(protocol.CMD)
_NAMES = {code: name for name, code in _COMMANDS.items()}
_JEDEC_MAKER = 0xEF | 0x40 << 8  # Winbond, standard SPI
_STRAPS = {0x3FF44038: 0x0F}  # GPIO_STRAP_REG of the ESP32 after a reset into the loader; read-only
_STUB_BLOCK = 0x10000  # the stub erases so much at once where it can


class Frames:
    """Cuts a stream into SLIP frames (RFC 1055); what stands between frames is dropped."""

    def __init__(self) -> None:
        self._held = b""

    def of(self, data: bytes) -> Iterator[bytes]:
        """The frames that are whole now."""
        *whole, self._held = (self._held + data).split(_END)
        for frame in whole:
            if frame:
                yield frame.replace(b"\xdb\xdc", _END).replace(b"\xdb\xdd", b"\xdb")


def slip(payload: bytes) -> bytes:
    """The payload as one SLIP frame."""
    return _END + payload.replace(b"\xdb", b"\xdb\xdd").replace(_END, b"\xdb\xdc") + _END


class _Spi(server.SpiPeripheralMock):  # type: ignore[misc]  # esp32_mock_bootloader has no types
    """The flash chip's identity as the chip's SPI controller reads it."""

    def __init__(self, chip: str, flash_bytes: int) -> None:
        super().__init__(None)
        self.configure_for_chip(chip)
        self._jedec = _JEDEC_MAKER | (flash_bytes.bit_length() - 1) << 16

    def read_reg(self, addr: int) -> int:
        if addr - (self.spi_base or 0) == self.w0_offs and self._last_command == 0x9F:
            return self._jedec
        return int(super().read_reg(addr))


class RomLoader:
    """`chip` is esptool's name, `mac` 6 bytes; `say(bytes)` sends; `restart()` is called when the host asks to run what is in flash."""

    def __init__(self, chip: str, mac: bytes, flash: ChipFlash, say: Callable[[bytes], None], restart: Callable[[], None]) -> None:
        self.baud: int | None = None  # None: takes the rate of whoever calls
        self._flash = flash
        self._say = say
        self._restart = restart
        self._frames = Frames()
        self._session = server.ChipSession(chip)
        self._session.spi = _Spi(chip, flash.size)
        self._read_only = _mac_registers(chip, mac) | (_STRAPS if chip == "esp32" else {})
        self._session.registers.update(self._read_only)
        self._upload: _Upload | None = None
        self._download: Iterator[bytes] | None = None
        self._busy_until = 0.0

    def hear(self, data: bytes) -> None:
        """Take what the host sent; answers."""
        for frame in self._frames.of(data):
            if self._download is not None:
                self._go_on(frame)
            elif len(frame) >= 8 and frame[0] == 0:
                self._obey(frame[1], struct.unpack_from("<I", frame, 4)[0], frame[8:])

    def _obey(self, code: int, checksum: int, body: bytes) -> None:
        name = _NAMES.get(code, "")
        if name in ("READ_REG", "WRITE_REG", "GET_SECURITY_INFO"):
            self._say(self._of_registers(name, body))
        elif name == "SYNC":
            self._say(server.make_sync_response(stub=self._stub) * 8)
        elif not server.checksum_valid(code, checksum, body):
            self._refuse(code, server._checksum_error(self._session))
        else:
            try:
                getattr(self, "_" + name.lower(), self._unknown)(code, body)
            except (ValueError, struct.error, zlib.error):
                self._refuse(code, protocol.STUB_UNIMPLEMENTED if self._stub else protocol.ROM_INVALID_MESSAGE)

    @property
    def _stub(self) -> bool:
        return bool(self._session.stub_active)

    def _of_registers(self, name: str, body: bytes) -> bytes:
        handlers: dict[str, Callable[[], Any]] = {
            "READ_REG": lambda: server.handle_read_reg(body, self._session),
            "WRITE_REG": lambda: server.handle_write_reg(body, self._session),
            "GET_SECURITY_INFO": lambda: server.handle_get_security_info(self._session),
        }
        answer = bytes(handlers[name]())
        self._session.registers.update(self._read_only)
        return answer

    def _accept(self, code: int, value: int = 0) -> None:
        self._say(server.make_response(code, value, stub=self._stub))

    def _refuse(self, code: int, error: int) -> None:
        self._say(server.make_response(code, status=1, error=error, stub=self._stub))

    def _unknown(self, code: int, body: bytes) -> None:
        raise ValueError(f"command {code:#x}")

    def _work(self, seconds: float) -> None:
        """The ROM answers when it is done; the stub answers at once, works while it receives, and lets the next block wait."""
        if not self._stub:
            time.sleep(seconds)
            return
        self._rest()
        self._busy_until = time.monotonic() + seconds

    def _rest(self) -> None:
        time.sleep(max(0.0, self._busy_until - time.monotonic()))

    # RAM, of which only the start matters

    def _mem_begin(self, code: int, body: bytes) -> None:
        self._accept(code)

    _mem_data = _spi_attach = _spi_set_params = _mem_begin

    def _mem_end(self, code: int, body: bytes) -> None:
        stays, entry = struct.unpack_from("<II", body)
        self._accept(code)
        if stays or not entry:
            return
        if self._stub:  # what else a host runs from RAM is the boot loader
            self._restart()
        else:
            self._session.stub_active = True
            self._say(slip(b"OHAI"))

    def _change_baudrate(self, code: int, body: bytes) -> None:
        self._accept(code)
        self.baud = struct.unpack_from("<I", body)[0]

    # Flash

    def _flash_begin(self, code: int, body: bytes) -> None:
        size, _, _, address = struct.unpack_from("<IIII", body)
        self._begin(code, _Upload(address, size))

    def _flash_defl_begin(self, code: int, body: bytes) -> None:
        size, _, _, address = struct.unpack_from("<IIII", body)
        self._begin(code, _Upload(address, size, zlib.decompressobj()))

    def _begin(self, code: int, upload: "_Upload") -> None:
        if upload.address + upload.left > self._flash.size:
            raise ValueError("beyond the chip")
        self._upload = upload
        if not self._stub and upload.left:
            self._work(self._flash.erase(upload.address, upload.left))
            upload.erased_to = upload.address + upload.left
        self._accept(code)

    def _flash_data(self, code: int, body: bytes) -> None:
        if self._upload is None:
            raise ValueError("no upload")
        data = self._upload.take(protocol.data_command_payload(body))
        spent = self._erase_ahead(self._upload, len(data))
        if data:
            spent += self._flash.program(self._upload.address, data)
        self._upload.address += len(data)
        self._upload.left -= len(data)
        self._work(spent)
        self._accept(code)

    _flash_defl_data = _flash_data

    def _erase_ahead(self, upload: "_Upload", count: int) -> float:
        """The stub erases as it goes, large blocks where they fit into what is announced."""
        spent = 0.0
        while upload.erased_to < upload.address + count:
            start = max(upload.erased_to, upload.address - upload.address % protocol.FLASH_SECTOR_SIZE)
            large = start % _STUB_BLOCK == 0 and upload.address + upload.left >= start + _STUB_BLOCK
            size = _STUB_BLOCK if large else protocol.FLASH_SECTOR_SIZE
            spent += self._flash.erase(start, size)
            upload.erased_to = start + size
        return spent

    def _flash_end(self, code: int, body: bytes) -> None:
        self._rest()
        self._accept(code)
        if not struct.unpack_from("<I", body)[0]:
            self._restart()

    _flash_defl_end = _flash_end

    def _spi_flash_md5(self, code: int, body: bytes) -> None:
        address, size = struct.unpack_from("<II", body)
        self._rest()
        digest = self._flash.md5(address, size)
        status = b"\x00" * (2 if self._stub else 4)
        answer = (digest if self._stub else digest.hex().encode()) + status
        self._say(slip(struct.pack("<BBHI", 1, code, len(answer), 0) + answer))

    def _erase_flash(self, code: int, body: bytes) -> None:
        self._erase_region(code, struct.pack("<II", 0, self._flash.size))

    def _erase_region(self, code: int, body: bytes) -> None:
        if not self._stub:
            raise ValueError("only the stub erases")
        address, size = struct.unpack_from("<II", body)
        self._flash.read(address, size)
        self._rest()
        time.sleep(self._flash.erase(address, size))
        self._accept(code)

    def _read_flash_slow(self, code: int, body: bytes) -> None:
        if self._stub:
            raise ValueError("only the ROM reads so")
        address, size = struct.unpack_from("<II", body)
        answer = self._flash.read(address, size).ljust(protocol.READ_FLASH_SLOW_BLOCK_LEN, b"\xff") + bytes(4)
        self._say(slip(struct.pack("<BBHI", 1, code, len(answer), 0) + answer))

    def _read_flash(self, code: int, body: bytes) -> None:
        if not self._stub:
            raise ValueError("only the stub reads so")
        address, size, packet, ahead = struct.unpack_from("<IIII", body)
        self._flash.read(address, size)
        self._rest()
        self._accept(code)
        self._download = self._packets(address, size, packet)
        for _ in range(ahead):
            self._send_packet()

    def _packets(self, address: int, size: int, packet: int) -> Iterator[bytes]:
        for start in range(0, size, packet):
            yield self._flash.read(address + start, min(packet, size - start))
        yield self._flash.md5(address, size)

    def _send_packet(self) -> None:
        packet = next(self._download or iter(()), None)
        if packet is None:
            self._download = None
        else:
            self._say(slip(packet))

    def _go_on(self, acknowledgement: bytes) -> None:
        if len(acknowledgement) == 4:
            self._send_packet()
        else:  # a command: the host gave up
            self._download = None


class _Upload:
    """Data on its way to flash; `unpack` if it comes compressed."""

    def __init__(self, address: int, size: int, unpack: Any = None) -> None:
        self.address = address
        self.left = size
        self.erased_to = address - address % protocol.FLASH_SECTOR_SIZE
        self._unpack = unpack

    def take(self, payload: bytes) -> bytes:
        """What is to be programmed; ValueError if it is more than was announced."""
        data: bytes = self._unpack.decompress(payload) if self._unpack else payload[: self.left]
        if len(data) > self.left:
            raise ValueError("more than announced")
        return data


def _mac_registers(chip: str, mac: bytes) -> dict[int, int]:
    """The words of eFuse in which a chip's MAC stands."""
    high, low = struct.unpack(">II", bytes(2) + mac)
    rom = CHIP_DEFS[chip]
    first = rom.EFUSE_RD_REG_BASE + 4 if chip == "esp32" else rom.MAC_EFUSE_REG
    return {first: low, first + 4: high}
