"""Both engines alike: a node reads its own chain and nothing of its neighbour's, writes its own reports and nothing else; accounts come and go while it runs.

NATS refuses a subscription that an account may not make; Mosquitto grants it and delivers nothing. So what is asked here is what arrives.
"""

import shutil
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from host_support import AREA, STATION, keyring, site

from loa.broker import ENGINES, LocalBroker
from loa.broker.probe import lets_in
from loa.broker.users import station_user
from loa.firmware import topics
from loa.keys import Keyring
from loa.site import Site
from loa.testing.waiting import eventually
from loa.testing.wire import Client

NODE, NEIGHBOUR = "ban-la-1", "ban-hin-1"
HAMLET, NEXT_HAMLET = "son-la/moc-chau/ban-la", "son-la/moc-chau/ban-hin"
OWN_TO = [*(topics.to(area, topics.PLAN) for area in topics.chain(HAMLET)), topics.to(topics.node_audience(NODE), topics.AIR)]
FOREIGN = [
    topics.to(NEXT_HAMLET, topics.PLAN),
    topics.to(topics.node_audience(NEIGHBOUR), topics.AIR),
    topics.to(topics.node_audience(NEIGHBOUR), topics.COMMAND),
    topics.to("son-la/yen-chau", topics.PLAN),
    *(topics.from_node(NEIGHBOUR, kind) for kind in topics.REPORTS),
]
WIDE = ["#", "loa/#", "loa/v1/+/#", f"{topics.ROOT}/to/#", f"{topics.ROOT}/from/#", f"{topics.ROOT}/to/node/+/+", "+/+/+/+/+/+/+"]
ENGINES_HERE = [name for name, engine in ENGINES.items() if engine.is_here()]  # in CI all of them, which `.ci/run` looks after
Connect = Callable[[str], Client]
_BURST_S = 20.0  # less than the 30 s after which NATS says again what it held back


@pytest.fixture(params=ENGINES_HERE)
def broker(request: pytest.FixtureRequest, ring: Keyring, tmp_path: Path) -> Iterator[LocalBroker]:
    broker = ENGINES[request.param](site(), ring, tmp_path / "broker of a site")
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def ring(tmp_path: Path) -> Keyring:
    """Keys that a test may change."""
    shutil.copytree(keyring().folder, tmp_path / "keys")
    return Keyring(tmp_path / "keys")


@pytest.fixture
def connect(broker: LocalBroker, ring: Keyring) -> Iterator[Connect]:
    made: list[Client] = []

    def connected(name: str) -> Client:
        station = name == STATION
        user, password = (station_user(name), ring.station_password(name)) if station else (name, ring.node(name).password)
        made.append(Client("localhost", broker.port, user, password, ring.authority_file, client_id=f"{user}-{len(made)}"))
        return made[-1]

    yield connected
    for client in made:
        client.close()


def with_node(new: str) -> Site:
    return site().model_copy(update={"nodes": {**site().nodes, new: site().nodes[NODE]}})


def without(node_id: str) -> Site:
    return site().model_copy(update={"nodes": {name: node for name, node in site().nodes.items() if name != node_id}})


def test_a_node_reads_nothing_of_its_neighbours(connect: Connect) -> None:
    station, neighbour, node = connect(STATION), connect(NEIGHBOUR), connect(NODE)

    def all_speak(word: bytes) -> None:
        for topic in [*FOREIGN[:4], *OWN_TO]:
            station.publish(topic, word, retain=True)
        for kind in topics.REPORTS:
            neighbour.publish(topics.from_node(NEIGHBOUR, kind), word, retain=True)

    all_speak(b"retained")
    assert station.subscribe(topics.from_node("+", topics.STATE), 1)
    eventually(lambda: station.got(topics.from_node(NEIGHBOUR, topics.STATE)), "the station hears the neighbour")
    for topic in [*FOREIGN, *WIDE]:
        node.subscribe(topic)
    assert all(node.subscribe(topic) for topic in topics.filters(HAMLET, NODE))
    all_speak(b"fresh")
    for topic in OWN_TO:
        eventually(lambda topic=topic: {b"retained", b"fresh"} <= set(node.got(topic)), f"its own {topic}")
    assert {topic for topic, _, _ in node.messages} == set(OWN_TO)


def test_a_node_writes_its_own_reports_and_nothing_else(connect: Connect) -> None:
    station, neighbour, node = connect(STATION), connect(NEIGHBOUR), connect(NODE)
    assert station.subscribe(topics.from_node("+", topics.EVENT), 1)
    assert neighbour.subscribe(topics.to(AREA, "+")) and neighbour.subscribe(topics.to(topics.node_audience(NEIGHBOUR), "+"))
    for topic in [*OWN_TO, *FOREIGN, "elsewhere", "$SYS/broker"]:
        node.publish(topic, b"forged", retain=True)
    node.publish(topics.from_node(NODE, topics.EVENT), b"own")
    station.publish(topics.to(AREA, topics.PLAN), b"true", retain=True)
    station.publish(topics.to(topics.node_audience(NEIGHBOUR), topics.AIR), b"true", retain=True)
    eventually(lambda: len(neighbour.messages) >= 2 and station.messages, "what may be said")
    late = connect(NEIGHBOUR)
    for topic in topics.filters(NEXT_HAMLET, NEIGHBOUR):
        assert late.subscribe(topic)
    eventually(lambda: len(late.messages) >= 2, "what is retained")
    assert {payload for client in (station, neighbour, late) for _, payload, _ in client.messages} == {b"own", b"true"}


def test_a_station_that_is_late_misses_no_report(connect: Connect) -> None:
    """Two thousand nodes answer an order at once, and the station is at something else: all is there as soon as it reads on."""
    station, node = connect(STATION), connect(NODE)
    kinds, each = (topics.STATE, topics.ACK), 1_500
    heard: list[bytes] = []
    reading = threading.Event()
    station.mqtt.on_message = lambda _client, _data, message: heard.append(message.payload) if reading.wait() else None
    assert all(station.subscribe(topics.from_node("+", kind), 1) for kind in topics.REPORTS)
    said = [node.mqtt.publish(topics.from_node(NODE, kind), b"%d" % number, 1) for number in range(each) for kind in kinds]
    for message in said:
        message.wait_for_publish(_BURST_S)
    reading.set()
    eventually(lambda: len(heard) == len(said), "every report", _BURST_S)
    assert len(set(heard)) == each


def test_accounts_come_and_go_while_it_runs(broker: LocalBroker, connect: Connect, ring: Keyring) -> None:
    stays, goes = connect(NODE), connect(NEIGHBOUR)
    ring.ensure(with_node("ban-la-2"))
    broker.reload(with_node("ban-la-2"))
    eventually(lambda: is_let_in(broker, ring, "ban-la-2"), "the new node is let in")
    broker.reload(without(NEIGHBOUR))
    eventually(lambda: not goes.up.is_set(), "the node that is gone is cut off")
    eventually(lambda: not is_let_in(broker, ring, NEIGHBOUR), "and is not let in again")
    assert stays.up.is_set()
    stays.publish(topics.from_node(NODE, topics.EVENT), b"still here")


def is_let_in(broker: LocalBroker, ring: Keyring, node_id: str) -> bool:
    return lets_in("localhost", broker.port, node_id, ring.node(node_id).password, ring.authority_file)


def test_what_is_retained_survives_an_end_in_good_order_and_not_a_wipe(broker: LocalBroker, connect: Connect) -> None:
    plan, port = topics.to(AREA, topics.PLAN), broker.port
    connect(STATION).publish(plan, b"kept", retain=True)
    broker.stop()
    broker.start()
    assert broker.port == port
    node = connect(NODE)
    node.subscribe(topics.to(AREA, "+"))
    eventually(lambda: node.got(plan) == [b"kept"], "the plan")
    broker.stop()
    broker.wipe()
    broker.start()
    emptied = connect(NODE)
    emptied.subscribe(topics.to(AREA, "+"))
    connect(STATION).publish(topics.to(AREA, topics.AIR), b"marker", retain=True)
    eventually(lambda: emptied.messages, "the marker")
    assert not emptied.got(plan)


def test_a_renewed_certificate_is_shown_after_a_reload(broker: LocalBroker, ring: Keyring) -> None:
    def shown() -> bytes:
        return ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("localhost", broker.port)))

    before = shown()
    ring.renew_server(site())
    broker.reload(site())
    wanted = ssl.PEM_cert_to_DER_cert(ring.server_file.read_text())
    eventually(lambda: shown() == wanted != before, "the new certificate")
