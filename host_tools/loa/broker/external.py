"""A broker that somebody else runs: it is asked whether it serves, and emptied of what was retained for nodes; it is never started or stopped here.

It must let in the site's accounts (`users.py`), or anybody.
"""

import ssl
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from loa.broker.base import DEFAULT_PORTS
from loa.broker.users import station_user
from loa.errors import EXIT_BROKER, EXIT_USAGE, LoaError
from loa.firmware import topics
from loa.keys import Keyring
from loa.language import _
from loa.site.model import Site

_TIMEOUT_S = 10.0
_QUIET_S = 0.5  # after the last retained message there is none left


def parts_of(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of a broker's URL. Raises `LoaError` for another kind of URL."""
    try:
        parts = urlsplit(url)
        port = parts.port or DEFAULT_PORTS[parts.scheme]
    except (KeyError, ValueError):
        port = 0
    if not port or not parts.hostname or parts.path or "@" in parts.netloc:
        raise LoaError(_('"{url}" is no broker', url=url), _("a broker is named mqtts://host:8883 or mqtt://host:1883"), EXIT_USAGE)
    return parts.scheme, parts.hostname, port


class NotOurs(LoaError):
    """What cannot be done to a broker that somebody else runs."""

    def __init__(self, url: str) -> None:
        super().__init__(_("the broker {url} is not ours to stop", url=url), _("use the embedded one for this"), EXIT_USAGE)


class ExternalBroker:
    """The broker at `url`, `mqtts://host:port` or `mqtt://host:port`, for one site. Raises `LoaError` for another kind of URL."""

    log_file: Path | None = None

    def __init__(self, site: Site, keyring: Keyring, url: str) -> None:
        scheme, self.host, self.port = parts_of(url)
        self._site = site
        self._keyring = keyring
        self._authority = keyring.authority_file if scheme == "mqtts" else None
        self.url = f"{scheme}://{self.host}:{self.port}"

    @property
    def running(self) -> bool:
        """True, as far as is known here."""
        return True

    def start(self) -> None:
        """Find out whether it lets a station of the site in; raises `LoaError` if it does not."""
        self._connected().close()

    def stop(self) -> None:
        """Does nothing: it is not ours."""

    def kill(self) -> None:
        """Raises `NotOurs`."""
        raise NotOurs(self.url)

    def pause(self) -> None:
        """Raises `NotOurs`."""
        raise NotOurs(self.url)

    def resume(self) -> None:
        """Raises `NotOurs`."""
        raise NotOurs(self.url)

    def wipe(self) -> None:
        """Delete what it has retained for nodes."""
        session = self._connected()
        try:
            session.empty(f"{topics.ROOT}/to/#")
        finally:
            session.close()

    def _connected(self) -> "_Session":
        name = next(iter(self._site.stations))
        session = _Session(station_user(name), self._keyring.station_password(name), self._authority)
        try:
            session.open(self.host, self.port)
        except OSError as error:
            raise LoaError(
                _("the broker {url} is out of reach: {error}", url=self.url, error=error), _("start it, or name another one"), EXIT_BROKER
            ) from error
        if session.refusal is not None:
            session.close()
            raise LoaError(
                _(
                    "the broker {url} refuses {station_user}: {refusal}",
                    url=self.url,
                    station_user=station_user(name),
                    refusal=session.refusal,
                ),
                _("give it the accounts of the keys folder {folder}, or let anybody in", folder=self._keyring.folder),
                EXIT_BROKER,
            )
        return session


class _Session:
    """One connection as the station."""

    def __init__(self, user: str, password: str, authority: Path | None) -> None:
        self.refusal: str | None = None
        self._answered = threading.Event()
        self._subscribed = threading.Event()
        self._retained: set[str] = set()
        self._heard = 0.0
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=user, reconnect_on_failure=False)
        self._client.username_pw_set(user, password)
        if authority is not None:
            self._client.tls_set(str(authority), cert_reqs=ssl.CERT_REQUIRED)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._on_message

    def open(self, host: str, port: int) -> None:
        """Raises OSError, of which TLS errors are, if that cannot be done in time."""
        self._client.connect(host, port)
        self._client.loop_start()
        if not self._answered.wait(_TIMEOUT_S):
            self.close()
            raise TimeoutError(f"no answer within {_TIMEOUT_S:g} s")

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def empty(self, topic_filter: str) -> None:
        """Take back everything that is retained below it."""
        self._client.subscribe(topic_filter, 1)
        self._subscribed.wait(_TIMEOUT_S)
        self._heard = time.monotonic()
        while time.monotonic() < self._heard + _QUIET_S:
            time.sleep(_QUIET_S / 10)
        for topic in self._retained:
            self._client.publish(topic, b"", 1, retain=True).wait_for_publish(_TIMEOUT_S)

    def _on_connect(self, _client: mqtt.Client, _data: object, _flags: object, code: ReasonCode, _properties: object) -> None:
        self.refusal = str(code) if code.is_failure else None
        self._answered.set()

    def _on_message(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        if message.retain and message.payload:
            self._heard = time.monotonic()
            self._retained.add(message.topic)
