"""The two sides meet: what a station signs, a node's own admission lets in, and what another key signs it does not."""

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from host_support import AREA, STATION, keyring, site, speech_like

from loa.firmware import refusal, reports, topics
from loa.keys import SigningKey
from loa.keys.signing import new_rsa_key
from loa.station import retention
from loa.station.database import Database
from loa.station.documents import Document, Documents
from loa.station.hostclock import HostClock
from loa.station.station import Station
from loa.testing.wire import signed
from node.bus.admission import Admission
from node.bus.trust import TrustStore

NODE = "ban-la-1"
HAMLET = f"{AREA}/ban-la"


class Clock:
    """A clock that knows the time."""

    floor = 0

    def now(self) -> int:
        return int(time.time())

    def raise_floor(self, unix: int) -> None:
        self.floor = max(self.floor, unix)


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Station]:
    station = Station(site(), STATION, keyring(), tmp_path)
    station.add_audio(speech_like(1, tmp_path / "tin.wav"))
    yield station
    station.close()


def new_node() -> Admission:
    return Admission(TrustStore(keyring().root_public(), HAMLET), Clock(), HAMLET, NODE, lambda: "my nonce")


def admitted(node: Admission, topic: str, raw: str) -> object:
    document = asyncio.run(node.admit(topic, raw.encode()))
    node.commit(document)
    return document


def current(station: Station, kind: str, audience: str) -> Document:
    document = station.documents.current(kind, audience)
    assert document is not None
    return document


def test_a_node_admits_all_that_its_station_says(station: Station, tmp_path: Path) -> None:
    (tmp_path / "plan.toml").write_text('[bulletins.tin]\n[[slots]]\nid = "sang"\nbulletin = "tin"\nat = ["05:30"]\n')
    station.publish_plan(tmp_path / "plan.toml")
    station.urgent(AREA, "tin")
    station.volume(topics.node_audience(NODE), 40)
    station.documents.issue(topics.SEEN, topics.node_audience(NODE), {"journal": "j", "n": 3, "nonce": "my nonce"})
    node = new_node()
    documents = station.documents.all_current()
    assert documents[0].kind == topics.TRUST
    found = [admitted(node, document.topic, document.raw) for document in documents]
    assert [one.id for one in found] == [document.id for document in documents]  # type: ignore[attr-defined]
    assert [one.kind for one in found if one.confirms_time] == [topics.SEEN]  # type: ignore[attr-defined]
    command = station.command(NODE, "ping")
    admitted(node, topics.to(topics.node_audience(NODE), topics.COMMAND), command.raw)
    state = {"revisions": node.revisions()}
    assert station.lags_of(NODE, state) == []
    station.urgent(AREA, "tin")
    assert [lag.document.kind for lag in station.lags_of(NODE, state)] == [topics.AIR]


def test_a_stranger_is_not_admitted(station: Station, tmp_path: Path) -> None:
    node = new_node()
    trust = current(station, topics.TRUST, AREA)
    admitted(node, trust.topic, trust.raw)
    for kid, code in ((STATION, refusal.SIGNATURE), ("stranger", refusal.KEY_UNKNOWN), ("root", refusal.SIGNATURE)):
        database = Database(tmp_path / f"{kid}.db")
        forger = Documents(database, SigningKey(kid, new_rsa_key()), HostClock(database, ()), retention.years(1))
        forged = forger.issue(topics.AIR, AREA, {"orders": []})
        with pytest.raises(refusal.Refused) as refused:
            asyncio.run(node.admit(forged.topic, forged.raw.encode()))
        assert refused.value.code == code


def test_reports_are_signed_alike_on_both_sides() -> None:
    key, topic = keyring().node(NODE).report_key, topics.from_node(NODE, topics.ACK)
    report = {"id": "x", "result": "ok", "reason": "xong rồi"}
    assert reports.open_report(key, topic, signed(key, topic, report)) == report
    assert reports.open_report(key, topic, reports.seal(key, topic, report)) == report
    payload = json.loads(signed(key, topic, report))
    assert list(payload)[-1] == "mac"
    for other_key, other_topic in ((b"other", topic), (key, topics.from_node("ban-hin-1", topics.ACK))):
        with pytest.raises(refusal.Refused):
            reports.open_report(other_key, other_topic, signed(key, topic, report))
