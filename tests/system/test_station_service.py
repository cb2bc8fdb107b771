"""The station on a real broker, with nodes made for the test: documents out, reports in, and what kills and empty brokers change."""

import asyncio
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from host_support import speech_like

from loa.errors import LoaError
from loa.firmware import topics
from loa.station.documents import Document
from loa.station.service import Service
from loa.station.station import Station
from loa.testing import Commune, FakeNode, eventually
from loa.testing.commune import Broker

AREA = "son-la/moc-chau"
STATION = "moc-chau"
NODE = "ban-la-1"
SELF = topics.node_audience(NODE)
EVERY_MINUTE_PLAN = """
quiet = []
[bulletins.tin]
[[slots]]
id = "sang"
bulletin = "tin"
at = ["05:30", "12:00"]
"""


class Running:
    """A service in a thread of its own with its own loop, as a process would have it."""

    def __init__(self, station: Station, broker_url: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.service = Service(station, broker_url)
        self._do(self.service.start())

    def stop(self) -> None:
        self._do(self.service.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _do(self, work: object) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(30)  # type: ignore[arg-type]


def opened(commune: Commune, folder: Path) -> Station:
    return Station(commune.site, STATION, commune.keyring, folder)


@pytest.fixture
def station(broker: Broker, loa_commune: Commune, tmp_path: Path) -> Iterator[Station]:
    station = opened(loa_commune, tmp_path / "station")
    station.add_audio(speech_like(2, tmp_path / "tin.wav"))
    (tmp_path / "plan.toml").write_text(EVERY_MINUTE_PLAN)
    yield station
    station.close()


@pytest.fixture
def running(station: Station, broker: Broker) -> Iterator[Running]:
    running = Running(station, broker.url)
    yield running
    running.stop()


@pytest.fixture
def node(broker: Broker, loa_commune: Commune) -> Iterator[FakeNode]:
    node = loa_commune.fake_node(NODE)
    yield node
    node.close()


def test_documents_reach_nodes_signed_and_in_order(station: Station, running: Running, node: FakeNode, tmp_path: Path) -> None:
    plan = station.publish_plan(tmp_path / "plan.toml")
    eventually(lambda: node.newest(topics.PLAN, AREA).get("rev") == plan.revision, "the plan")
    eventually(lambda: node.newest(topics.TRUST, AREA), "the trust document")
    order = station.urgent(AREA, "tin")
    eventually(lambda: order in str(node.newest(topics.AIR, AREA)), "the order")
    assert node.newest(topics.AIR, AREA)["orders"][-1]["bulletin"]["class"] == "urgent"


def test_a_document_that_cannot_be_renewed_stops_nobody(
    station: Station, broker: Broker, node: FakeNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = station.publish_plan(tmp_path / "plan.toml")
    asked = []

    def refuse(document: Document) -> None:
        asked.append(document.id)
        raise LoaError("for the test")

    monkeypatch.setattr(station, "renew", refuse)
    monkeypatch.setattr("loa.station.service.time", SimpleNamespace(time=lambda: float(plan.body["exp"]), monotonic=time.monotonic))
    running = Running(station, broker.url)
    try:
        eventually(lambda: node.newest(topics.PLAN, AREA).get("rev") == plan.revision, "the plan as it stood")
    finally:
        running.stop()
    assert plan.id in asked


def test_another_process_gives_an_order(loa_commune: Commune, station: Station, running: Running, node: FakeNode, tmp_path: Path) -> None:
    desk = opened(loa_commune, tmp_path / "station")
    order = desk.stop(SELF)
    desk.close()
    eventually(lambda: order in str(node.newest(topics.AIR, SELF)), "the order of the other process")


def test_an_empty_broker_gets_everything_again(
    loa_commune: Commune, broker: Broker, station: Station, running: Running, tmp_path: Path
) -> None:
    plan = station.publish_plan(tmp_path / "plan.toml")
    eventually(lambda: running.service.connected, "the connection")
    broker.kill()
    broker.wipe()
    order = station.urgent(AREA, "tin")
    broker.start()
    node = loa_commune.fake_node(NODE)
    eventually(lambda: node.newest(topics.PLAN, AREA).get("rev") == plan.revision, "the plan on the new broker")
    eventually(lambda: order in str(node.newest(topics.AIR, AREA)), "the order given while there was no broker")
    node.close()


def test_events_are_recorded_once_and_seen_after(station: Station, running: Running, node: FakeNode) -> None:
    eventually(lambda: running.service.connected, "the connection")
    node.say_played(1, "k", 0, 500, 2000, "stopped")
    node.say_played(2, "k", 500, 2000, 2000)
    node.say_played(1, "k", 0, 500, 2000, "stopped")
    eventually(lambda: node.newest(topics.SEEN, SELF).get("n") == 2, "seen up to 2")
    assert [event.n for event in station.record.events(NODE)] == [1, 2]
    node.say_played(4, "k2", 0, 1, 1)
    eventually(lambda: len(station.record.events(NODE)) == 3, "event 4")
    assert station.record.recorded(NODE, "j1") == 2
    node.say_played(3, "k2", 0, 1, 1)
    eventually(lambda: node.newest(topics.SEEN, SELF).get("n") == 4, "seen up to 4")
    assert station.record.lost() == []


def test_a_forged_or_malformed_report_changes_nothing(station: Station, running: Running, node: FakeNode) -> None:
    eventually(lambda: running.service.connected, "the connection")
    topic = topics.from_node(NODE, topics.EVENT)
    for payload in (b"", b"{", b"[]", b'{"journal":"j1","n":1,"kind":"boot","mac":"AAAA"}', b"\xff" * 100):
        node.publish(topic, payload)
    node.report(topics.EVENT, {"journal": "j1", "n": 0, "kind": "boot", "t": None})
    node.report(topics.STATE, {"online": "perhaps"})
    node.say_played(1, "k", 0, 1, 1)
    eventually(lambda: station.record.events(NODE), "the honest event")
    assert [event.n for event in station.record.events(NODE)] == [1]
    assert station.nodes.state(NODE) == {}


def test_a_nonce_is_answered_with_the_time(running: Running, node: FakeNode) -> None:
    eventually(lambda: running.service.connected, "the connection")
    node.say_state("n-1")
    eventually(lambda: node.newest(topics.SEEN, SELF).get("nonce") == "n-1", "the answer")
    assert abs(node.newest(topics.SEEN, SELF)["iat"] - time.time()) < 60
    node.say_state("n-2")
    eventually(lambda: node.newest(topics.SEEN, SELF).get("nonce") == "n-2", "the second answer")


def test_a_node_that_lags_is_repaired_and_one_that_does_not_is_left_alone(station: Station, running: Running, node: FakeNode) -> None:
    eventually(lambda: node.documents(topics.TRUST, AREA), "the trust document")
    trust = station.documents.current(topics.TRUST, AREA)
    assert trust is not None
    count = len(node.documents(topics.TRUST, AREA))
    node.say_state("n-1", revisions={f"trust:{AREA}": trust.revision})
    eventually(lambda: node.newest(topics.SEEN, SELF).get("nonce") == "n-1", "the answer")
    assert len(node.documents(topics.TRUST, AREA)) == count
    assert station.lags() == []
    node.say_state("n-2", revisions={f"trust:{AREA}": trust.revision - 1})
    eventually(lambda: len(node.documents(topics.TRUST, AREA)) > count, "the trust document again")
    assert [(lag.node, lag.held) for lag in station.lags()] == [(NODE, trust.revision - 1)]


def test_a_command_is_repeated_until_it_is_answered(
    station: Station, running: Running, node: FakeNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loa.station.service._COMMAND_AGAIN_S", 0.2)
    command = station.command(NODE, "ping")
    eventually(lambda: len(node.documents(topics.COMMAND, SELF)) >= 2, "the command twice")
    assert {payload["id"] for payload in node.documents(topics.COMMAND, SELF)} == {command.id}
    node.report(topics.ACK, {"id": command.id, "result": "ok"})
    eventually(lambda: station.commands.get(command.id).result == "ok", "the answer")
    assert station.commands.waiting() == []


def test_a_cut_node_is_offline(loa_commune: Commune, broker: Broker, station: Station, running: Running) -> None:
    eventually(lambda: running.service.connected, "the connection")
    node = loa_commune.fake_node(NODE)
    node.say_state("n-1")
    eventually(lambda: [status.id for status in station.status() if status.online] == [NODE], "online")
    node.cut()
    eventually(lambda: not any(status.online for status in station.status()), "offline")


def test_a_station_that_was_stopped_forgets_nothing(
    loa_commune: Commune, station: Station, broker: Broker, node: FakeNode, tmp_path: Path
) -> None:
    first = Running(station, broker.url)
    order = station.urgent(AREA, "tin")
    command = station.command(NODE, "ping")
    first.stop()
    again = opened(loa_commune, tmp_path / "station")
    assert again.http_port == station.http_port
    second = Running(again, broker.url)
    try:
        eventually(lambda: order in str(node.newest(topics.AIR, AREA)), "the order")
        eventually(lambda: command.id in str(node.newest(topics.COMMAND, SELF)), "the command")
    finally:
        second.stop()
        again.close()
