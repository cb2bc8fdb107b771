"""Serial ports with a board on them, each with its place on the USB tree: adapters of one make share their ids, but never their place."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from serial.tools import list_ports

ADAPTERS = {  # USB vendor and product ids, from the makers' data sheets and the Linux drivers ch341, cp210x, ftdi_sio
    (0x1A86, 0x7523): "CH340",
    (0x1A86, 0x55D4): "CH9102",
    (0x10C4, 0xEA60): "CP2102",
    (0x0403, 0x6001): "FT232R",
    (0x0403, 0x6010): "FT2232",
    (0x0403, 0x6015): "FT231X",
    (0x303A, 0x1001): "USB-Serial/JTAG",
    (0x303A, 0x0002): "ESP32-S2 USB",
}


@dataclass(frozen=True)
class Port:
    """`device` is what pyserial opens. `location` tells the socket it hangs on, as the system numbers them; the device where the system does not tell."""

    device: str
    location: str
    adapter: str


PortSource = Callable[[], list[Port]]


def usb_ports() -> list[Port]:
    """The ports of USB adapters, in the order of their places."""
    found = [_port(one) for one in list_ports.comports() if one.vid is not None]
    return sorted(found, key=lambda port: (port.location, port.device))


def _port(one: Any) -> Port:
    adapter = ADAPTERS.get((one.vid, one.pid), one.product or f"{one.vid:04x}:{one.pid:04x}")
    return Port(one.device, one.location or one.device, adapter)
