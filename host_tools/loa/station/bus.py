"""The station's connection to the broker: never gives up, and keeps nothing from one connection to the next.

Every connection is a new client, so no message of an old one can come after a newer revision. What must reach the broker stands in the
database; `service` sends it again whenever `on_up` says that there is a new connection. A thread of its own connects, reads and writes.
"""

import logging
import random
import selectors
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from loa.broker.base import DEFAULT_PORTS
from loa.broker.users import station_user
from loa.firmware import topics

_LOG = logging.getLogger(__name__)
_KEEPALIVE_S = 15
_BACK_OFF_S = (0.2, 10.0)
_TURN_S = 1.0  # at the latest paho looks whether the broker is alive
_RINGS = 4096


class Bus:
    """A connection that comes back by itself, from `start` to `stop`."""

    def __init__(self, url: str, station: str, password: str, authority: Path) -> None:
        parts = urlsplit(url)
        self._host = parts.hostname or "localhost"
        self._port = parts.port or DEFAULT_PORTS[parts.scheme]
        self._authority = authority if parts.scheme == "mqtts" else None
        self._user = station_user(station)
        self._password = password
        self._client: mqtt.Client | None = None
        self._stopping = threading.Event()
        self._bell, self._ringer = socket.socketpair()
        for end in (self._bell, self._ringer):
            end.setblocking(False)
        self._thread = threading.Thread(target=self._run, name="bus", daemon=True)
        self.connected = False

    def start(self, on_up: Callable[[], None], on_message: Callable[[str, bytes, bool], None]) -> None:
        """Begin to connect; returns at once.

        `on_up()`, after every connection, and `on_message(topic, payload, retained)` are called from the bus's thread and must return soon.
        """
        self._on_up = on_up
        self._on_message = on_message
        self._thread.start()

    def stop(self) -> None:
        """Say goodbye to the broker and wait for the thread to end."""
        self._stopping.set()
        client = self._client
        if client is not None:
            client.disconnect()
        self._wake()
        self._thread.join()
        self._bell.close()
        self._ringer.close()

    def publish(self, topic: str, payload: str, retain: bool) -> bool:
        """Hand a message over with QoS 1; False if there is no connection. What goes down with a connection is for the next `on_up`."""
        client = self._client
        if client is None or not self.connected:
            return False
        queued = client.publish(topic, payload, 1, retain).rc == mqtt.MQTT_ERR_SUCCESS
        self._wake()
        return queued

    def _run(self) -> None:
        wait = _BACK_OFF_S[0]
        while not self._stopping.is_set():
            try:
                self._client = client = self._new_client()
                client.connect(self._host, self._port, _KEEPALIVE_S)
                self._attend(client)
            except OSError as error:  # refused, unreachable, a certificate that is not the site's, or none that can be read just now
                _LOG.info("broker %s:%d is out of reach: %s", self._host, self._port, error)
            wait = _BACK_OFF_S[0] if self.connected else min(wait * 2, _BACK_OFF_S[1])
            self.connected = False
            self._stopping.wait(wait * random.uniform(0.5, 1.0))

    def _attend(self, client: mqtt.Client) -> None:
        """Carry what comes and goes until the connection is over.

        Not by paho's own loops: `loop_forever` lets what others publish wait up to a second for its next turn, and all of them ask `select`, which knows no
        file above the 1,024th, while a live stream may have more listeners than that.
        """
        stream = client.socket()
        assert stream is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self._bell, selectors.EVENT_READ)
            selector.register(stream, selectors.EVENT_READ)
            while client.socket() is not None:
                selector.modify(stream, selectors.EVENT_READ | (selectors.EVENT_WRITE if client.want_write() else 0))
                ready = [key.fileobj for key, _events in selector.select(_TURN_S)]
                if self._bell in ready:
                    self._bell.recv(_RINGS)
                if stream in ready:
                    client.loop_read()
                while client.socket() is not None and getattr(stream, "pending", int)():  # decrypted already: the selector does not see it
                    client.loop_read()
                if client.want_write():
                    client.loop_write()
                client.loop_misc()

    def _wake(self) -> None:
        """Let the thread look at what there is to send."""
        with suppress(BlockingIOError):  # it has been woken often enough
            self._ringer.send(b"!")

    def _new_client(self) -> mqtt.Client:
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=self._user, reconnect_on_failure=False)
        client.username_pw_set(self._user, self._password)
        if self._authority is not None:
            client.tls_set(str(self._authority))
        # With this set paho leaves all writing to the thread that reads. Otherwise `publish` writes from its caller's, and OpenSSL's connections bear
        # only one thread at a time: under load its memory was damaged.
        client.on_socket_register_write = lambda _client, _data, _socket: None
        client.on_connect = self._connected
        client.on_message = lambda _client, _data, message: self._on_message(message.topic, bytes(message.payload), message.retain)
        return client

    def _connected(self, client: mqtt.Client, _data: object, _flags: object, code: ReasonCode, _properties: object) -> None:
        if code.is_failure:
            _LOG.warning("broker %s:%d refuses this station: %s", self._host, self._port, code)
            client.disconnect()
            return
        client.subscribe([(topics.from_node("+", kind), 1) for kind in topics.REPORTS])
        self.connected = True
        if self._stopping.is_set():
            client.disconnect()
        self._on_up()
