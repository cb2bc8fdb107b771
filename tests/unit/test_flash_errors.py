"""What systems, adapters and loaders say, in words for whoever holds the board."""

import pytest
from esptool.util import FatalError
from serial import SerialException

from loa.flash.errors import LoaderFailed, NoAnswer, PortBusy, PortForbidden, PortMissing, Unplugged, explained

_OPEN = "Could not open {}, the port is busy or doesn't exist.\n({})\n"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (SerialException(13, "could not open port /dev/ttyUSB0: [Errno 13] Permission denied: '/dev/ttyUSB0'"), PortForbidden),
        (FatalError(_OPEN.format("/dev/ttyUSB0", "[Errno 13] could not open port: [Errno 13] Permission denied")), PortForbidden),
        (PermissionError(1, "Operation not permitted"), PortForbidden),
        (SerialException(16, "could not open port /dev/ttyUSB0: [Errno 16] Device or resource busy"), PortBusy),
        (
            FatalError(
                _OPEN.format("/dev/ttyUSB0", "[Errno 11] Could not exclusively lock port /dev/ttyUSB0: [Errno 11] Resource temporarily")
            ),
            PortBusy,
        ),
        (SerialException("could not open port 'COM3': PermissionError(13, 'Access is denied.', None, 5)"), PortBusy),
        (SerialException(2, "could not open port /dev/ttyUSB9: [Errno 2] No such file or directory: '/dev/ttyUSB9'"), PortMissing),
        (
            SerialException("could not open port 'COM9': FileNotFoundError(2, 'The system cannot find the file specified.', None, 2)"),
            PortMissing,
        ),
        (FatalError(_OPEN.format("/dev/ttyUSB9", "[Errno 2] could not open port /dev/ttyUSB9")), PortMissing),
        (
            SerialException("device reports readiness to read but returned no data (device disconnected or multiple access on port?)"),
            Unplugged,
        ),
        (OSError(5, "Input/output error"), Unplugged),
        (SerialException("ClearCommError failed (PermissionError(13, 'The device does not recognize the command.', None, 22))"), Unplugged),
        (FatalError("Failed to connect to Espressif device: No serial data received.\nFor troubleshooting steps visit"), NoAnswer),
        (FatalError("Packet content transfer stopped (received 8 bytes)."), LoaderFailed),
        (FatalError("MD5 of file does not match data in flash!"), LoaderFailed),
    ],
)
def test_errors_of_ports_and_loaders_are_told_apart(error, kind):
    found = explained(error, "/dev/ttyUSB0")
    assert type(found) is kind
    assert found.hint and "\n" not in found.message
