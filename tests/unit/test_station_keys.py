"""A station whose keys change while it works, nodes whose secrets are taken away, and what the broker retained of a node that died unseen."""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from host_support import AREA, STATION, keyring, site

from loa.firmware import topics
from loa.keys import Keyring
from loa.keys.signing import open_signed
from loa.station import nodes
from loa.station.reportkeys import ReportKeys
from loa.station.service import Service
from loa.station.station import Station
from loa.testing.wire import STATE, signed

NODE = "ban-la-1"
TOPIC = topics.from_node(NODE, topics.STATE)


@pytest.fixture
def ring(tmp_path: Path) -> Keyring:
    shutil.copytree(keyring().folder, tmp_path / "keys")
    return Keyring(tmp_path / "keys")


@pytest.fixture
def station(ring: Keyring, tmp_path: Path) -> Iterator[Station]:
    made = Station(site(), STATION, ring, tmp_path / "station")
    yield made
    made.close()


@pytest.fixture
def service(station: Station) -> Service:
    return Service(station, "mqtts://localhost:1")


def state(**more: object) -> bytes:
    return signed(keyring().node(NODE).report_key, TOPIC, {**STATE, "area": "son-la/moc-chau/ban-la", "nonce": "n", **more})


def online(station: Station) -> bool:
    return next(status.online for status in station.status() if status.id == NODE)


def test_report_keys_follow_the_keys_folder(ring: Keyring) -> None:
    keys = ReportKeys(ring)
    first = keys.of(NODE)
    assert first == ring.node(NODE).report_key
    ring.revoke_node(NODE, "stolen")
    assert keys.of(NODE) is None
    ring.renew_node(NODE)
    assert keys.of(NODE) == ring.node(NODE).report_key != first


def test_report_keys_are_read_once_while_nothing_changes(ring: Keyring, monkeypatch: pytest.MonkeyPatch) -> None:
    long_ago = time.time() - 60
    os.utime(ring.folder / "nodes", (long_ago, long_ago))
    keys = ReportKeys(ring)
    first = keys.of(NODE)
    monkeypatch.setattr(Keyring, "node", lambda *_: pytest.fail("read again"))
    assert keys.of(NODE) == first


def test_what_an_earlier_key_signed_is_signed_anew(station: Station, ring: Keyring) -> None:
    order = station.sound(AREA, "siren")
    before = station.documents.current(topics.AIR, AREA)
    assert station.follow_keys() == []
    new = ring.rotate_station(site(), STATION)
    station.follow_keys()
    after = station.documents.current(topics.AIR, AREA)
    assert before is not None and after is not None and after.revision > before.revision
    payload = open_signed(after.raw, ring.station(STATION).public())
    assert payload["iss"] == new and [record["id"] for record in payload["orders"]] == [order]
    trust = station.documents.current(topics.TRUST, AREA)
    assert trust is not None and [key["kid"] for key in trust.body["keys"]] == [new, STATION]
    assert station.follow_keys() == []


def test_what_another_process_signed_with_an_earlier_key_is_signed_anew_too(station: Station, ring: Keyring, tmp_path: Path) -> None:
    desk = Station(site(), STATION, ring, tmp_path / "station")
    new = ring.rotate_station(site(), STATION)
    station.follow_keys()
    desk.sound(AREA, "siren")
    late = station.documents.current(topics.AIR, AREA)
    assert late is not None and late.body["iss"] == STATION
    assert [document.kind for document in station.follow_keys()] == [topics.AIR]
    after = station.documents.current(topics.AIR, AREA)
    assert after is not None and after.body["iss"] == new
    desk.close()


def test_a_revoked_node_is_not_believed(station: Station, service: Service, ring: Keyring) -> None:
    service._heard(TOPIC, state(), False)
    assert online(station)
    ring.revoke_node(NODE, "stolen")
    service._heard(TOPIC, state(volume=1), False)
    assert station.nodes.state(NODE)["volume"] == STATE["volume"]


def test_a_node_is_offline_once_it_has_been_silent_too_long(station: Station, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    service._heard(TOPIC, state(), False)
    assert online(station)
    now = time.time()
    monkeypatch.setattr(nodes.time, "time", lambda: now + nodes.SILENT_S)
    assert not online(station)


def test_a_retained_word_counts_from_when_it_was_said(station: Station, service: Service) -> None:
    service._heard(TOPIC, state(time=int(time.time()) - 3600), True)
    assert not online(station)
    service._heard(TOPIC, state(time=None), True)
    assert not online(station)
    service._heard(TOPIC, state(time=int(time.time()) - 30), True)
    assert online(station)
    service._heard(TOPIC, state(time=2_000_000_000), True)
    assert next(status.heard for status in station.status() if status.id == NODE) <= time.time()
