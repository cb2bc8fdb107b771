"""MQTT clients for system tests: what arrives is kept, and a test waits for it with a deadline."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from host_support import keyring, signed, site
from paho.mqtt.enums import CallbackAPIVersion

from loa.firmware import topics
from loa.keys.signing import open_signed

DEADLINE_S = 20.0
STATE: dict[str, object] = {
    "online": True,
    "revisions": {},
    "codecs": ["pcm16", "ima-adpcm"],
    "version": "1",
    "area": "son-la/moc-chau/ban-la",
    "rate": 24000,
    "playing": None,
    "volume": 80,
    "uplink": "wlan",
    "clock": "synchronised",
    "time": 1790000000,
    "journal": "j1",
    "n": 0,
    "seen": 0,
    "cached": [],
}


def eventually(condition: Callable[[], object], what: str) -> None:
    """Wait until something is true; fail with its name if it never is."""
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.01)


class Client:
    """A connected MQTT client that remembers messages as (topic, payload, retained) and the answers to its subscriptions."""

    def __init__(self, port: int, user: str, password: str, authority: Path, will: tuple[str, bytes] | None = None) -> None:
        self.messages: list[tuple[str, bytes, bool]] = []
        self.granted: dict[int, bool] = {}
        self._published: set[int] = set()
        self._up = threading.Event()
        self.mqtt = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=user)
        self.mqtt.username_pw_set(user, password)
        self.mqtt.tls_set(str(authority))
        if will:
            self.mqtt.will_set(*will, qos=1, retain=True)
        self.mqtt.on_connect = lambda *_: self._up.set()
        self.mqtt.on_message = lambda _client, _data, message: self.messages.append((message.topic, message.payload, message.retain))
        self.mqtt.on_subscribe = lambda _client, _data, mid, codes, _properties: self.granted.update({mid: not codes[0].is_failure})
        self.mqtt.on_publish = lambda _client, _data, mid, _code, _properties: self._published.add(mid)
        self.mqtt.connect("localhost", port)
        self.mqtt.loop_start()
        assert self._up.wait(DEADLINE_S)

    def subscribe(self, topic: str, qos: int = 0) -> bool:
        """True if the broker grants it."""
        _, mid = self.mqtt.subscribe(topic, qos)
        assert mid is not None
        eventually(lambda: mid in self.granted, f"an answer to subscribing {topic}")
        return self.granted[mid]

    def publish(self, topic: str, payload: bytes, retain: bool = False) -> None:
        """Publish with QoS 1 and wait for the broker's acknowledgement."""
        mid = self.mqtt.publish(topic, payload, 1, retain).mid
        eventually(lambda: mid in self._published, f"an acknowledgement on {topic}")

    def got(self, topic: str) -> list[bytes]:
        """Payloads received on a topic."""
        return [payload for name, payload, _ in self.messages if name == topic]

    def cut(self) -> None:
        """Break the connection without goodbye."""
        stream = self.mqtt.socket()
        assert stream is not None
        self.mqtt.on_connect = None
        self.mqtt.loop_stop()
        stream.close()

    def close(self) -> None:
        self.mqtt.disconnect()
        self.mqtt.loop_stop()


class FakeNode(Client):
    """A node that believes every document that its area's station or the root signed, and says what a test wants it to."""

    def __init__(self, port: int, node_id: str) -> None:
        self.id = node_id
        self._key = keyring().node(node_id).report_key
        will = (topics.from_node(node_id, topics.STATE), b'{"online":false}')
        super().__init__(port, node_id, keyring().node(node_id).password, keyring().authority_file, will)
        for topic in topics.filters(site().nodes[node_id].area, node_id):
            assert self.subscribe(topic)

    def documents(self, kind: str, audience: str) -> list[dict[str, Any]]:
        """Payloads of all documents received of a kind, their signatures checked."""
        public = keyring().root_public() if kind == topics.TRUST else keyring().station("moc-chau").public()
        return [open_signed(payload.decode(), public) for payload in self.got(topics.to(audience, kind))]

    def newest(self, kind: str, audience: str) -> dict[str, Any]:
        """The last of them, or nothing."""
        return (self.documents(kind, audience) or [{}])[-1]

    def report(self, kind: str, report: dict[str, object], retain: bool = False) -> None:
        """Send a signed report."""
        topic = topics.from_node(self.id, kind)
        self.publish(topic, signed(self._key, topic, report), retain)

    def say_state(self, nonce: str, **more: object) -> None:
        """Send a state that holds no document unless told otherwise."""
        self.report(topics.STATE, {**STATE, "nonce": nonce, **more}, retain=True)

    def say_played(self, n: int, key: str, from_ms: int, to_ms: int, of_ms: int, why: str = "end", journal: str = "j1") -> None:
        """Send a played event."""
        span = {"from_ms": from_ms, "to_ms": to_ms, "of_ms": of_ms, "why": why}
        what = {"key": key, "bulletin": "tin", "sha256": None, "codec": "pcm16"}
        self.report(topics.EVENT, {"journal": journal, "n": n, "kind": "played", "t": int(time.time()), **what, **span})
