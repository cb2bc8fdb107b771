"""The node's MQTT session, as a process on either runtime, against a real broker that is frozen, killed and restarted without its data."""

import json
import os
import queue
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
DEADLINE_S = 20.0
FROM = "loa/v1/from/loa-01/"
PLAN = "loa/v1/to/son-la/plan"
COMMAND = "loa/v1/to/node/loa-01/cmd"


def command(name: str) -> str:
    beside = BIN / name
    found = str(beside) if beside.exists() else shutil.which(name)
    assert found, f"no {name}: run `make .venv/ready`"
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Broker:
    """nats-server with JetStream and a plain MQTT listener; keeps its port across restarts."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._data = folder / "data"
        self._config = folder / "nats.conf"
        configuration = {
            "server_name": "test",
            "host": "127.0.0.1",
            "port": free_port(),
            "jetstream": {"store_dir": str(self._data)},
            "mqtt": {"host": "127.0.0.1", "port": self.port},
        }
        self._config.write_text(json.dumps(configuration))
        self._log = (folder / "nats.log").open("ab")

    def start(self) -> None:
        self.process = subprocess.Popen([command("nats-server"), "-c", self._config], stdin=subprocess.DEVNULL, stderr=self._log)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def wipe(self) -> None:
        shutil.rmtree(self._data)

    def close(self) -> None:
        self.kill()
        self._log.close()


class Node:
    """The session's process; `heard` is what it says, line by line."""

    def __init__(self, runtime: str, port: int) -> None:
        interpreter = sys.executable if runtime == "cpython" else command("micropython")
        script = ROOT / "tests" / "system" / "session_client.py"
        self.process = subprocess.Popen([interpreter, script, ROOT, str(port)], stdout=subprocess.PIPE, text=True)
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self._lines.put(line.strip())

    def says(self, wanted: str) -> str:
        """Wait for a line that begins with some text."""
        deadline = time.monotonic() + DEADLINE_S
        while True:
            line = self._lines.get(timeout=max(0, deadline - time.monotonic()))
            if line.startswith(wanted):
                return line

    def close(self) -> None:
        self.process.kill()
        self.process.wait()


class Station:
    """A client that comes back by itself and remembers what nodes report as (topic, payload, retained)."""

    def __init__(self, port: int) -> None:
        self.heard: list[tuple[str, bytes, bool]] = []
        self.up = threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="station")
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = lambda client, *_: client.subscribe(FROM + "+", 1)
        self._client.on_subscribe = lambda *_: self.up.set()
        self._client.on_disconnect = lambda *_: self.up.clear()
        self._client.on_message = lambda _client, _data, message: self.heard.append((message.topic, message.payload, message.retain))
        self._client.connect_async("127.0.0.1", port)
        self._client.loop_start()

    def publish(self, topic: str, payload: bytes, qos: int = 1, retain: bool = False) -> None:
        assert self.up.wait(DEADLINE_S)
        self._client.publish(topic, payload, qos, retain).wait_for_publish(DEADLINE_S)

    def eventually(self, kind: str, payload: bytes, since: int = 0) -> None:
        """Wait until a report of some kind has come, behind the first `since` ones."""
        deadline = time.monotonic() + DEADLINE_S
        while not any(topic == FROM + kind and got == payload for topic, got, _ in self.heard[since:]):
            assert time.monotonic() < deadline, f"never: {kind} {payload!r}"
            time.sleep(0.01)

    def events(self, least: int) -> list[int]:
        """Numbers of the events in the order in which they came, at least so many."""
        deadline = time.monotonic() + DEADLINE_S
        while True:
            numbers = [int(payload) for topic, payload, _ in list(self.heard) if topic == FROM + "event"]
            if len(numbers) >= least:
                return numbers
            assert time.monotonic() < deadline, f"only events {numbers}"
            time.sleep(0.01)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def broker(tmp_path):
    made = Broker(tmp_path)
    made.start()
    yield made
    made.close()


@pytest.fixture
def station(broker):
    made = Station(broker.port)
    yield made
    made.close()


@pytest.fixture(params=["cpython", "micropython"])
def node(request, broker):
    made = Node(request.param, broker.port)
    yield made
    made.close()


def answer(topic: str, payload: bytes) -> bytes:
    return f"{topic} {len(payload)} {payload[:20].decode()}".encode()


def test_state_documents_commands_and_events(station, node):
    node.says("up")
    station.eventually("state", b'{"online":true}')
    for payload in (b"plan 1", b"x" * 8192):
        station.publish(PLAN, payload, 1, True)
        station.eventually("ack", answer(PLAN, payload))
    station.publish(PLAN, b"y" * 9000, 1, True)
    assert node.says("oversized") == f"oversized {PLAN} {9000 + 2 + len(PLAN)}"
    station.publish(COMMAND, b"ping")
    station.eventually("ack", answer(COMMAND, b"ping"))
    events = station.events(10)
    assert events == list(range(events[0], events[0] + len(events)))


def test_a_flood_of_retained_documents_arrives_whole(broker, station):
    kinds = [f"loa/v1/to/son-la/kind-{number}" for number in range(60)]
    for kind in kinds:
        station.publish(kind, b"x" * 8000, 1, True)
    for runtime in ("cpython", "micropython"):
        since = len(station.heard)
        node = Node(runtime, broker.port)
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
    assert not [payload for topic, payload, _ in station.heard if topic == FROM + "state" and payload == b'{"online":false}']


def test_a_frozen_broker_is_noticed_and_forgiven(broker, station, node):
    node.says("up")
    os.kill(broker.process.pid, signal.SIGSTOP)
    try:
        assert node.says("down") == "down timeout"
    finally:
        os.kill(broker.process.pid, signal.SIGCONT)
    node.says("up")
    station.publish(COMMAND, b"ping")
    station.eventually("ack", answer(COMMAND, b"ping"))


def test_a_broker_killed_with_its_data(broker, station, node):
    node.says("up")
    before = station.events(3)
    broker.kill()
    assert node.says("down") == "down unreachable"
    broker.wipe()
    since = len(station.heard)
    broker.start()
    node.says("up")
    station.up.wait(DEADLINE_S)
    station.publish(PLAN, b"plan 2", 1, True)
    station.eventually("ack", answer(PLAN, b"plan 2"), since)
    station.eventually("state", b'{"online":true}', since)
    events = station.events(len(before) + 20)
    in_order = list(dict.fromkeys(events))  # what was not acknowledged came twice
    assert in_order == sorted(in_order) and events[-1] > before[-1]
