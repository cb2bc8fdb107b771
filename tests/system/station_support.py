"""MQTT clients for system tests: what arrives is kept, and a test waits for it with a deadline."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import paho.mqtt.client as mqtt

DEADLINE_S = 20.0


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
        self.mqtt = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=user)
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
