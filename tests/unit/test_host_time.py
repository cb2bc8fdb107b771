"""The station's own time server on the host's sockets."""

import asyncio
import socket

import pytest

from loa.errors import LoaError
from loa.station.timeserver import TimeServer


def test_a_time_port_that_is_taken_is_said() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("", 0))
        port = taken.getsockname()[1]
        with pytest.raises(LoaError, match=f"UDP port {port} cannot be used"):
            asyncio.run(TimeServer().start(port))
