"""The station's connection to its broker, without a broker."""

import logging
import time
from pathlib import Path

import pytest

from loa.station.bus import Bus


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
