"""The station's connection to its broker, without a broker."""

import logging
import socket
import time
from pathlib import Path

import pytest

from loa.station import bus as station_bus
from loa.station.bus import Bus
from loa.testing.waiting import eventually


def test_certificates_that_cannot_be_read_just_now_do_not_end_it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """As while keys are renewed: it tries again."""
    caplog.set_level(logging.INFO, "loa.station.bus")
    bus = Bus("mqtts://localhost:1", "xa", "secret", tmp_path / "ca.pem")
    bus.start(lambda: None, lambda topic, payload, retained: None)
    try:
        deadline = time.monotonic() + 20
        while len(caplog.records) < 3 and time.monotonic() < deadline:
            time.sleep(0.02)
    finally:
        bus.stop()
    assert len([record for record in caplog.records if "out of reach" in record.getMessage()]) >= 3


def test_a_broker_that_never_answers_is_left_and_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its port takes connections, as that of a program that hangs does."""
    monkeypatch.setattr(station_bus, "_KEEPALIVE_S", 1)
    with socket.create_server(("localhost", 0)) as mute:
        mute.settimeout(20)
        bus = Bus(f"mqtt://localhost:{mute.getsockname()[1]}", "xa", "secret", tmp_path / "ca.pem")
        bus.start(lambda: None, lambda topic, payload, retained: None)
        try:
            first, second = mute.accept()[0], mute.accept()[0]
            eventually(lambda: first.recv(4096) == b"", "the end of the first connection")
        finally:
            bus.stop()
        first.close()
        second.close()
    assert not bus.connected
