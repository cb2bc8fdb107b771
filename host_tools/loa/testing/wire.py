"""MQTT as a test speaks it: a client that keeps what arrives and waits for answers, and a node made of nothing else."""

import hashlib
import hmac
import json
import threading
import time
from pathlib import Path
from typing import Any, Self

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from loa.firmware import topics
from loa.keys import Keyring, base64url
from loa.keys.signing import open_signed
from loa.site.model import Site
from loa.testing.waiting import WITHIN_S, eventually

Will = tuple[str, bytes]
STATE: dict[str, object] = {
    "online": True,
    "revisions": {},
    "codecs": ["pcm16", "ima-adpcm"],
    "version": "1",
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


class Client:
    """A connected MQTT client that comes back by itself and remembers messages as (topic, payload, retained).

    `authority` is the file with the CA of a broker that speaks TLS. Raises AssertionError if it is not let in.
    """

    def __init__(
        self,
        host: str,
        port: int,
        user: str,
        password: str,
        authority: Path | None = None,
        will: Will | None = None,
        client_id: str | None = None,
    ) -> None:
        self.messages: list[tuple[str, bytes, bool]] = []
        self.up = threading.Event()
        self._granted: dict[int, bool] = {}
        self._published: set[int] = set()
        self._filters: list[tuple[str, int]] = []
        self._asked: dict[tuple[str, int], list[int]] = {}  # by which packets, of several connections where one broke
        self.mqtt = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id or user)
        self.mqtt.username_pw_set(user, password)
        self.mqtt.reconnect_delay_set(1, 1)
        if authority is not None:
            self.mqtt.tls_set(str(authority))
        if will:
            self.mqtt.will_set(*will, qos=1, retain=True)
        self.mqtt.on_connect = self._on_connect
        self.mqtt.on_disconnect = lambda *_: self.up.clear()
        self.mqtt.on_message = lambda _client, _data, message: self.messages.append((message.topic, bytes(message.payload), message.retain))
        self.mqtt.on_subscribe = lambda _client, _data, mid, codes, _properties: self._granted.update({mid: not codes[0].is_failure})
        self.mqtt.on_publish = lambda _client, _data, mid, _code, _properties: self._published.add(mid)
        self.mqtt.connect(host, port)
        self.mqtt.loop_start()
        if not self.up.wait(WITHIN_S):
            self.close()
            raise AssertionError(f"{user} is not let in by {host}:{port}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def subscribe(self, topic: str, qos: int = 0) -> bool:
        """True if the broker grants it; it is asked for again on every new connection."""
        self._filters.append((topic, qos))
        self._ask(self.mqtt, topic, qos)

        def answers() -> list[bool]:
            return [self._granted[mid] for mid in self._asked.get((topic, qos), []) if mid in self._granted]

        eventually(answers, f"an answer to subscribing {topic}")
        return answers()[-1]

    def publish(self, topic: str, payload: bytes, retain: bool = False) -> None:
        """Publish with QoS 1 and wait for the broker's acknowledgement."""
        assert self.up.wait(WITHIN_S), "there is no connection"
        mid = self.mqtt.publish(topic, payload, 1, retain).mid
        eventually(lambda: mid in self._published, f"an acknowledgement on {topic}")

    def got(self, topic: str, since: int = 0) -> list[bytes]:
        """Payloads received on a topic, of all messages or of those behind the first `since`."""
        return [payload for name, payload, _ in self.messages[since:] if name == topic]

    def cut(self) -> None:
        """Break the connection without goodbye, for good."""
        stream = self.mqtt.socket()
        assert stream is not None
        self.mqtt.on_connect = None
        self.mqtt.loop_stop()
        stream.close()

    def close(self) -> None:
        """Leave in good order."""
        self.mqtt.disconnect()
        self.mqtt.loop_stop()

    def _on_connect(self, client: mqtt.Client, *_: object) -> None:
        for topic_filter in self._filters:
            self._ask(client, *topic_filter)
        self.up.set()

    def _ask(self, client: mqtt.Client, topic: str, qos: int) -> None:
        """Subscribe; without a connection it is left to the next."""
        _, mid = client.subscribe(topic, qos)
        if mid is not None:
            self._asked.setdefault((topic, qos), []).append(mid)


class FakeNode(Client):
    """A node that believes every document that its area's station or the root signed, and says what a test wants it to."""

    def __init__(self, host: str, port: int, node_id: str, site: Site, keyring: Keyring, authority: Path | None = None) -> None:
        self.id = node_id
        self._site = site
        self._keyring = keyring
        secrets = keyring.node(node_id)
        self._key = secrets.report_key
        will = (topics.from_node(node_id, topics.STATE), b'{"online":false}')
        super().__init__(host, port, node_id, secrets.password, authority, will)
        for topic in topics.filters(site.nodes[node_id].area, node_id):
            assert self.subscribe(topic)

    def documents(self, kind: str, audience: str) -> list[dict[str, Any]]:
        """Payloads of all documents received of a kind, their signatures checked."""
        public = self._keyring.root_public() if kind == topics.TRUST else self._keyring.station(self._site.station_of(self.id)).public()
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
        self.report(topics.STATE, {**STATE, "area": self._site.nodes[self.id].area, "nonce": nonce, **more}, retain=True)

    def say_played(self, n: int, key: str, from_ms: int, to_ms: int, of_ms: int, why: str = "end", journal: str = "j1") -> None:
        """Send a played event."""
        span = {"from_ms": from_ms, "to_ms": to_ms, "of_ms": of_ms, "why": why}
        what = {"key": key, "bulletin": "tin", "sha256": None, "codec": "pcm16"}
        self.report(topics.EVENT, {"journal": journal, "n": n, "kind": "played", "t": int(time.time()), **what, **span})


def signed(key: bytes, topic: str, report: dict[str, object]) -> bytes:
    """A report as a node sends it: JSON text whose last member is its HMAC. Made without the firmware, so that each checks the other."""
    text = json.dumps(report, separators=(",", ":")).encode()
    mac = hmac.new(key, topic.encode() + b"\n" + text, hashlib.sha256).digest()
    return text[:-1] + b',"mac":"' + base64url.encode(mac).encode() + b'"}'
