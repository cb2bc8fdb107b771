"""Listens at the broker for the first word of a node: a state, sealed with its own key, that came after we began to wait for it."""

import json
import os
import secrets
import threading
import time
from typing import Any
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from loa.broker.base import DEFAULT_PORTS
from loa.broker.users import station_user
from loa.errors import EXIT_BROKER, LoaError
from loa.firmware import refusal, reports, topics
from loa.keys import Keyring
from loa.language import _

_CONNECT_S = 5.0


class Newcomers:
    """A connection to the broker under a station's account. `with Newcomers(...) as newcomers:`; raises `LoaError` if the broker does not let it in."""

    def __init__(self, url: str, station: str, keyring: Keyring) -> None:
        parts = urlsplit(url)
        self._url = url
        self._address = (parts.hostname or "localhost", parts.port or DEFAULT_PORTS[parts.scheme])
        self._keyring = keyring
        self._states: dict[str, dict[str, Any]] = {}
        self._changed = threading.Condition()
        self._ready = threading.Event()
        user = station_user(station)
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"{user}_bench_{os.getpid()}_{secrets.token_hex(3)}")
        self._client.username_pw_set(user, keyring.station_password(station))
        if parts.scheme == "mqtts":
            self._client.tls_set(str(keyring.authority_file))
        self._client.on_connect = self._connected
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = self._heard

    def __enter__(self) -> "Newcomers":
        try:
            self._client.connect(*self._address, keepalive=15)
        except OSError as error:
            raise self._out_of_reach(str(error)) from error
        self._client.loop_start()
        if not self._ready.wait(_CONNECT_S):
            self.__exit__()
            raise self._out_of_reach(_("it does not let the station in"))
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def expect(self, node_id: str) -> None:
        """Forget what the node said so far; what it says from now on counts."""
        with self._changed:
            self._states.pop(node_id, None)

    def wait(self, node_id: str, timeout_s: float) -> dict[str, Any] | None:
        """The first state of a node since `expect`, or None if there is none in time."""
        deadline = time.monotonic() + timeout_s
        with self._changed:
            while node_id not in self._states:
                left = deadline - time.monotonic()
                if left <= 0 or not self._changed.wait(left):
                    return self._states.get(node_id)
            return self._states[node_id]

    def tell(self, node_id: str, command: str) -> None:
        """Send a signed command to a node, whether or not the station's service runs, which repeats it until it is answered."""
        self._client.publish(topics.to(topics.node_audience(node_id), topics.COMMAND), command, 1)

    def _connected(self, client: mqtt.Client, *_: object) -> None:
        client.subscribe(topics.from_node("+", topics.STATE), 1)

    def _heard(self, _client: object, _data: object, message: mqtt.MQTTMessage) -> None:
        parsed = topics.parse_from(message.topic)
        if parsed is None or message.retain:
            return  # retained: said before we came
        node_id = parsed[0]
        try:
            key = self._keyring.node(node_id).report_key
            state = reports.open_report(key, message.topic, bytes(message.payload))
        except (refusal.Refused, LoaError, json.JSONDecodeError):  # a will, a forgery, somebody else's node
            return
        with self._changed:
            self._states[node_id] = state
            self._changed.notify_all()

    def _out_of_reach(self, reason: str) -> LoaError:
        return LoaError(
            _("the broker {url} is out of reach: {reason}", url=self._url, reason=reason),
            _("start it (`loa broker`, `loa sim`), or say --no-wait and look at `loa watch` later"),
            EXIT_BROKER,
        )
