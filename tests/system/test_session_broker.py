"""The node's MQTT session, as a process on either runtime, against a real broker that is frozen, killed and restarted without its data."""

import queue
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from loa.testing import Client, Commune, eventually
from loa.testing.commune import Broker
from loa.testing.lab import runtime

ROOT = Path(__file__).parents[2]
DEADLINE_S = 20.0
NODE = "ban-la-1"
FROM = f"loa/v1/from/{NODE}/"
PLAN = "loa/v1/to/son-la/plan"
COMMAND = f"loa/v1/to/node/{NODE}/cmd"


class Node:
    """The session's process; `heard` is what it says, line by line."""

    def __init__(self, on: str, commune: Commune) -> None:
        keyring = commune.keyring
        arguments = (ROOT, str(commune.broker.port), NODE, keyring.node(NODE).password, keyring.authority_file)
        script = ROOT / "tests" / "system" / "session_client.py"
        self.process = subprocess.Popen([runtime(on).command, script, *arguments], stdout=subprocess.PIPE, text=True)
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self._lines.put(line.strip())

    def says(self, wanted: str) -> str:
        """Wait for a line that begins with some text."""
        deadline, said = time.monotonic() + DEADLINE_S, []
        while True:
            try:
                said.append(self._lines.get(timeout=max(0, deadline - time.monotonic())))
            except queue.Empty:
                raise AssertionError(f"it did not say {wanted!r} but {said}") from None
            if said[-1].startswith(wanted):
                return said[-1]

    def close(self) -> None:
        self.process.kill()
        self.process.wait()


class Station:
    """A client that comes back by itself, and what the node reports to it."""

    def __init__(self, client: Client) -> None:
        self._client = client
        assert client.subscribe(FROM + "+", 1)

    def publish(self, topic: str, payload: bytes, retain: bool = False) -> None:
        self._client.publish(topic, payload, retain)

    def mark(self) -> int:
        """How many reports there have been."""
        return len(self._client.messages)

    def eventually(self, kind: str, payload: bytes, since: int = 0) -> None:
        """Wait until a report of some kind has come, behind the first `since` ones."""
        eventually(lambda: payload in self._client.got(FROM + kind, since), f"{kind} {payload!r}")

    def has(self, kind: str, payload: bytes) -> bool:
        return payload in self._client.got(FROM + kind)

    def events(self, least: int) -> list[int]:
        """Numbers of the events in the order in which they came, at least so many."""
        eventually(lambda: len(self._client.got(FROM + "event")) >= least, f"{least} events")
        return [int(payload) for payload in self._client.got(FROM + "event")]


@pytest.fixture
def station(broker: Broker, loa_commune: Commune) -> Iterator[Station]:
    with loa_commune.client() as client:
        yield Station(client)


@pytest.fixture(params=["cpython", "micropython"])
def node(request: pytest.FixtureRequest, broker: Broker, loa_commune: Commune) -> Iterator[Node]:
    made = Node(request.param, loa_commune)
    yield made
    made.close()


def answer(topic: str, payload: bytes) -> bytes:
    return f"{topic} {len(payload)} {payload[:20].decode()}".encode()


def test_state_documents_commands_and_events(station, node):
    node.says("up")
    station.eventually("state", b'{"online":true}')
    for payload in (b"plan 1", b"x" * 8192):
        station.publish(PLAN, payload, retain=True)
        station.eventually("ack", answer(PLAN, payload))
    station.publish(PLAN, b"y" * 9000, retain=True)
    assert node.says("oversized") == f"oversized {PLAN} {9000 + 2 + len(PLAN)}"
    station.publish(COMMAND, b"ping")
    station.eventually("ack", answer(COMMAND, b"ping"))
    events = station.events(10)
    assert events == list(range(events[0], events[0] + len(events)))


def test_a_flood_of_retained_documents_arrives_whole(loa_commune, station):
    kinds = [f"loa/v1/to/son-la/kind-{number}" for number in range(60)]
    for kind in kinds:
        station.publish(kind, b"x" * 8000, retain=True)
    for on in ("cpython", "micropython"):
        since = station.mark()
        node = Node(on, loa_commune)
        try:
            for kind in kinds:
                station.eventually("ack", answer(kind, b"x" * 8000), since)
        finally:
            node.close()


def test_the_will_speaks_for_a_node_that_is_killed(station, node):
    station.eventually("state", b'{"online":true}')
    node.process.kill()
    station.eventually("state", b'{"online":false}')


def test_a_node_that_stops_leaves_no_will(station, node):
    node.says("up")
    station.eventually("state", b'{"online":true}')
    station.publish(COMMAND, b"stop")
    node.says("stopped")
    assert node.process.wait(DEADLINE_S) == 0
    station.eventually("ack", answer(COMMAND, b"stop"))
    station.publish(PLAN, b"after")
    assert not station.has("state", b'{"online":false}')


def test_a_frozen_broker_is_noticed_and_forgiven(broker, station, node):
    node.says("up")
    broker.pause()
    try:
        assert node.says("down") == "down timeout"
    finally:
        broker.resume()
    node.says("up")
    station.publish(COMMAND, b"ping")
    station.eventually("ack", answer(COMMAND, b"ping"))


def test_a_broker_killed_with_its_data(broker, station, node):
    node.says("up")
    before = station.events(3)
    broker.kill()
    assert node.says("down") == "down unreachable"
    broker.wipe()
    since = station.mark()
    broker.start()
    node.says("up")
    station.publish(PLAN, b"plan 2", retain=True)
    station.eventually("ack", answer(PLAN, b"plan 2"), since)
    station.eventually("state", b'{"online":true}', since)
    events = station.events(len(before) + 20)
    in_order = list(dict.fromkeys(events))  # what was not acknowledged came twice
    assert in_order == sorted(in_order) and events[-1] > before[-1]
