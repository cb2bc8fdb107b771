"""The embedded broker: who may do what, and what survives a kill."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from host_support import AREA, STATION, keyring, site
from station_support import Client, eventually

from loa.broker import NatsBroker
from loa.broker.users import station_user
from loa.errors import LoaError
from loa.firmware import topics

NODE, NEIGHBOUR = "ban-la-1", "ban-hin-1"
PLAN = topics.to(AREA, topics.PLAN)
STATE = topics.from_node(NODE, topics.STATE)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[NatsBroker]:
    broker = NatsBroker(site(), keyring(), tmp_path / "broker")
    broker.start()
    yield broker
    broker.stop()


def connect_node(broker: NatsBroker, node_id: str, will: tuple[str, bytes] | None = None) -> Client:
    return Client(broker.port, node_id, keyring().node(node_id).password, keyring().authority_file, will)


def connect_station(broker: NatsBroker) -> Client:
    return Client(broker.port, station_user(STATION), keyring().station_password(STATION), keyring().authority_file)


def test_a_node_reads_its_chain_and_itself_and_nothing_else(broker: NatsBroker) -> None:
    station, node = connect_station(broker), connect_node(broker, NODE)
    station.publish(PLAN, b"retained", retain=True)
    assert all(node.subscribe(topic) for topic in topics.filters(site().nodes[NODE].area, NODE))
    eventually(lambda: node.messages == [(PLAN, b"retained", True)], "the retained plan")
    station.publish(PLAN, b"fresh", retain=True)
    eventually(lambda: node.got(PLAN) == [b"retained", b"fresh"], "the new plan")
    neighbour = topics.node_audience(NEIGHBOUR)
    for topic in (
        "#",
        "loa/v1/#",
        topics.from_node("+", topics.STATE),
        topics.to(neighbour, "+"),
        topics.to(site().nodes[NEIGHBOUR].area, "+"),
    ):
        assert not node.subscribe(topic), topic


def test_a_node_speaks_for_itself_alone(broker: NatsBroker) -> None:
    station, node = connect_station(broker), connect_node(broker, NODE)
    station.publish(PLAN, b"true", retain=True)
    assert station.subscribe(topics.from_node("+", topics.EVENT), 1)
    node.publish(PLAN, b"forged", retain=True)
    node.publish(topics.from_node(NEIGHBOUR, topics.EVENT), b"forged")
    node.publish(topics.from_node(NODE, topics.EVENT), b"own")
    eventually(lambda: station.messages, "the node's own event")
    assert [payload for _, payload, _ in station.messages] == [b"own"]
    late = connect_node(broker, NEIGHBOUR)
    assert late.subscribe(topics.to(AREA, "+"))
    eventually(lambda: late.messages, "the retained plan")
    assert late.got(PLAN) == [b"true"]


def test_the_will_of_a_cut_node_is_retained(broker: NatsBroker) -> None:
    node = connect_node(broker, NODE, (STATE, b"gone"))
    node.publish(STATE, b"here", retain=True)
    node.cut()
    station = connect_station(broker)
    assert station.subscribe(topics.from_node("+", topics.STATE), 1)
    eventually(lambda: station.got(STATE)[-1:] == [b"gone"], "the will")


def test_data_survives_a_kill_and_not_a_wipe_and_the_port_stays(broker: NatsBroker) -> None:
    port = broker.port
    connect_station(broker).publish(PLAN, b"kept", retain=True)
    broker.kill()
    broker.start()
    node = connect_node(broker, NODE)
    node.subscribe(topics.to(AREA, "+"))
    eventually(lambda: node.got(PLAN) == [b"kept"], "the plan after a kill")
    broker.kill()
    broker.wipe()
    broker.start()
    assert broker.port == port
    emptied = connect_node(broker, NEIGHBOUR)
    emptied.subscribe(topics.to(AREA, "+"))
    connect_station(broker).publish(topics.to(AREA, topics.AIR), b"marker", retain=True)
    eventually(lambda: emptied.messages, "the marker")
    assert not emptied.got(PLAN)


def test_a_server_left_behind_is_ended(tmp_path: Path) -> None:
    first, second = (NatsBroker(site(), keyring(), tmp_path / "same") for _ in range(2))
    first.start()
    try:
        second.start()
        assert second.port == first.port
    finally:
        second.stop()
        first.kill()


def test_a_wrong_password_or_certificate_is_not_let_in(broker: NatsBroker) -> None:
    from loa.broker.probe import lets_in

    user, password = station_user(STATION), keyring().station_password(STATION)
    assert lets_in("localhost", broker.port, user, password, keyring().authority_file)
    assert not lets_in("localhost", broker.port, user, "guess", keyring().authority_file)
    assert not lets_in("127.0.0.2", broker.port, user, password, keyring().authority_file)


def test_misuse_is_said_plainly(broker: NatsBroker, tmp_path: Path) -> None:
    with pytest.raises(LoaError, match="runs already"):
        broker.start()
    with pytest.raises(LoaError, match="still runs"):
        broker.wipe()
    with pytest.raises(LoaError, match="not been started"):
        _ = NatsBroker(site(), keyring(), tmp_path / "never").port
