"""The brokers that loa starts: who may do what, what survives a kill, and accounts that come and go. The same on every engine that is here."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from loa import open_files
from loa.broker import NatsBroker
from loa.broker.probe import lets_in
from loa.broker.users import station_user
from loa.errors import LoaError
from loa.firmware import topics
from loa.site.model import Broker as Settings
from loa.station import bus
from loa.station.bus import Bus
from loa.testing import Commune
from loa.testing.commune import Broker
from loa.testing.waiting import eventually

AREA = "son-la/moc-chau"
STATION = "moc-chau"
NODE, NEIGHBOUR = "ban-la-1", "ban-hin-1"
PLAN = topics.to(AREA, topics.PLAN)
STATE = topics.from_node(NODE, topics.STATE)


def test_a_node_reads_its_chain_and_itself_and_nothing_else(broker: Broker, loa_commune: Commune) -> None:
    station, node = loa_commune.client(), loa_commune.node_client(NODE)
    station.publish(PLAN, b"retained", retain=True)
    assert all(node.subscribe(topic) for topic in topics.filters(loa_commune.site.nodes[NODE].area, NODE))
    eventually(lambda: node.messages == [(PLAN, b"retained", True)], "the retained plan")
    station.publish(PLAN, b"fresh", retain=True)
    eventually(lambda: node.got(PLAN) == [b"retained", b"fresh"], "the new plan")
    neighbour = topics.node_audience(NEIGHBOUR)
    for topic in (
        "#",
        "loa/v1/#",
        topics.from_node("+", topics.STATE),
        topics.to(neighbour, "+"),
        topics.to(loa_commune.site.nodes[NEIGHBOUR].area, "+"),
    ):
        assert not node.subscribe(topic), topic


def test_a_node_speaks_for_itself_alone(broker: Broker, loa_commune: Commune) -> None:
    station, node = loa_commune.client(), loa_commune.node_client(NODE)
    station.publish(PLAN, b"true", retain=True)
    assert station.subscribe(topics.from_node("+", topics.EVENT), 1)
    node.publish(PLAN, b"forged", retain=True)
    node.publish(topics.from_node(NEIGHBOUR, topics.EVENT), b"forged")
    node.publish(topics.from_node(NODE, topics.EVENT), b"own")
    eventually(lambda: station.messages, "the node's own event")
    assert [payload for _, payload, _ in station.messages] == [b"own"]
    late = loa_commune.node_client(NEIGHBOUR)
    assert late.subscribe(topics.to(AREA, "+"))
    eventually(lambda: late.messages, "the retained plan")
    assert late.got(PLAN) == [b"true"]


def test_the_will_of_a_cut_node_is_retained(broker: Broker, loa_commune: Commune) -> None:
    node = loa_commune.node_client(NODE, (STATE, b"gone"))
    node.publish(STATE, b"here", retain=True)
    node.cut()
    station = loa_commune.client()
    assert station.subscribe(topics.from_node("+", topics.STATE), 1)
    eventually(lambda: station.got(STATE)[-1:] == [b"gone"], "the will")


def test_data_survives_a_kill_and_not_a_wipe_and_the_port_stays(broker: Broker, loa_commune: Commune) -> None:
    port = broker.port
    loa_commune.client().publish(PLAN, b"kept", retain=True)
    broker.kill()
    broker.start()
    node = loa_commune.node_client(NODE)
    node.subscribe(topics.to(AREA, "+"))
    eventually(lambda: node.got(PLAN) == [b"kept"], "the plan after a kill")
    broker.kill()
    broker.wipe()
    broker.start()
    assert broker.port == port
    emptied = loa_commune.node_client(NEIGHBOUR)
    emptied.subscribe(topics.to(AREA, "+"))
    loa_commune.client().publish(topics.to(AREA, topics.AIR), b"marker", retain=True)
    eventually(lambda: emptied.messages, "the marker")
    assert not emptied.got(PLAN)


def test_a_server_left_behind_is_ended(broker: Broker, loa_commune: Commune, tmp_path: Path) -> None:
    site = loa_commune.site.model_copy(update={"broker": Settings()})
    first, second = (NatsBroker(site, loa_commune.keyring, tmp_path / "same") for _ in range(2))
    first.start()
    try:
        second.start()
        assert second.port == first.port
    finally:
        second.stop()
        first.kill()


def test_a_wrong_password_or_certificate_is_not_let_in(broker: Broker, loa_commune: Commune) -> None:
    user, password = station_user(STATION), loa_commune.keyring.station_password(STATION)
    assert lets_in("localhost", broker.port, user, password, loa_commune.keyring.authority_file)
    assert not lets_in("localhost", broker.port, user, "guess", loa_commune.keyring.authority_file)
    assert not lets_in("127.0.0.2", broker.port, user, password, loa_commune.keyring.authority_file)


def test_what_a_station_publishes_does_not_wait_for_its_client_to_look(
    broker: Broker, loa_commune: Commune, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It looks by itself once a second; here once in ten minutes, so that only what wakes it counts."""
    monkeypatch.setattr(bus, "_TURN_S", 600.0)
    node = loa_commune.node_client(NODE)
    assert node.subscribe(topics.to(AREA, "+"))
    with _bus(broker, loa_commune) as connection:
        for text in ("one", "two", "three"):
            assert connection.publish(PLAN, text, retain=False)
            eventually(lambda text=text: node.got(PLAN)[-1:] == [text.encode()], f"the message {text}")  # type: ignore[misc]


def test_a_station_finds_its_broker_again(broker: Broker, loa_commune: Commune) -> None:
    with _bus(broker, loa_commune) as connection:
        broker.kill()
        eventually(lambda: not connection.connected, "the loss")
        broker.start()
        eventually(lambda: connection.connected, "a new connection")
        node = loa_commune.node_client(NODE)
        assert node.subscribe(topics.to(AREA, "+"))
        assert connection.publish(PLAN, "again", retain=False)
        eventually(lambda: node.got(PLAN) == [b"again"], "the message")


def test_a_station_with_a_thousand_listeners_finds_its_broker(broker: Broker, loa_commune: Commune) -> None:
    """Its connection then has a number of a file that `select` does not know."""
    node = loa_commune.node_client(NODE)
    assert node.subscribe(topics.to(AREA, "+"))
    assert open_files.allow(2_000) == 2_000
    listeners = [os.open(os.devnull, os.O_RDONLY) for _ in range(1_100)]
    try:
        with _bus(broker, loa_commune) as connection:
            assert connection.publish(PLAN, "high", retain=False)
            eventually(lambda: node.got(PLAN) == [b"high"], "the message")
    finally:
        for listener in listeners:
            os.close(listener)


@contextmanager
def _bus(broker: Broker, commune: Commune) -> Iterator[Bus]:
    """The station's connection, which is up."""
    up = threading.Event()
    connection = Bus(broker.url, STATION, commune.keyring.station_password(STATION), commune.keyring.authority_file)
    connection.start(up.set, lambda topic, payload, retained: None)
    try:
        eventually(up.is_set, "the station's connection")
        yield connection
    finally:
        connection.stop()


def test_misuse_is_said_plainly(broker: Broker, loa_commune: Commune, tmp_path: Path) -> None:
    with pytest.raises(LoaError, match="runs already"):
        broker.start()
    with pytest.raises(LoaError, match="still runs"):
        broker.wipe()
    with pytest.raises(LoaError, match="not been started"):
        _ = NatsBroker(loa_commune.site, loa_commune.keyring, tmp_path / "never").port


def test_a_client_of_tests_that_is_not_connected_just_then_subscribes_when_it_is(broker: Broker, loa_commune: Commune) -> None:
    with loa_commune.client() as client:
        stream = client.mqtt.socket()
        assert stream is not None
        stream.shutdown(socket.SHUT_RDWR)
        eventually(lambda: not client.up.is_set(), "the connection lost")
        assert client.subscribe("loa/v1/to/son-la/plan")
        client.publish("loa/v1/to/son-la/plan", b"x")
        eventually(lambda: client.got("loa/v1/to/son-la/plan"), "what was subscribed to")
