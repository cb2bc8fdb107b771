"""What runs day and night: carries the station's database to the nodes and the nodes' reports into the database.

It keeps nothing that matters. Everything current is published again on every new connection to the broker, because that may be a new broker
with nothing in it; then whatever changes in the database, by whichever process. Only this module knows both the bus and the record.

    task or thread     owner     does
    bus (thread)       Bus       MQTT; hands messages over to the loop
    loop               Service   checks and records reports; every 100 ms looks for changes, ten times a second at most
    clock              HostClock asks time servers; while they contradict the clock nothing is signed, and the rest goes on
    live <name>        Lives     one for each stream on the air, with a thread that decodes
"""

import asyncio
import json
import logging
import time
from functools import partial
from typing import Any

from loa.errors import LoaError
from loa.firmware import refusal, report_fields, reports, schema, topics
from loa.site.model import Site
from loa.station.bus import Bus
from loa.station.documents import Document
from loa.station.live import BURST_S, LiveStreams
from loa.station.reportkeys import ReportKeys
from loa.station.server import Server
from loa.station.station import Station
from loa.station.timeserver import TimeServer

_LOG = logging.getLogger(__name__)
_TICK_S = 0.1
_COMMAND_AGAIN_S = 5.0
_REPAIR_AGAIN_S = 10.0
_RENEW_TICKS = 600
_FORGET_TICKS = 36_000
_KEYS_TICKS = 20
_CONFIRMED_AT_ONCE = 50  # signatures of a millisecond or two
_CONFIRMED_AFTER_S = (
    1.0  # events of a moment are one `seen`, and none is signed while an order spreads; nodes send them again after five seconds at least
)
_WILL = {"online": False}  # unsigned, because the broker speaks it: believed only as far as it goes
_WILL_BYTES_MAX = 32
_RENEWED = (topics.PLAN, topics.AIR)


class Service:
    """The running station. `async with Service(station, broker_url):` runs it for as long as the block does."""

    def __init__(self, station: Station, broker_url: str) -> None:
        self._station = station
        self._bus = Bus(broker_url, station.name, station.keyring.station_password(station.name), station.keyring.authority_file)
        self._lives = LiveStreams(station.site.audio.rate)
        self._server = Server(station.documents, station.audio, self._lives, station.keyring, station.site.audio.plain_live)
        self._time = TimeServer(lambda: station.clock.may_date)
        self._published: dict[tuple[str, str], int] = {}  # (kind, audience): revision, in this connection
        self._sent: dict[str, float] = {}  # command id or repaired document id: when, monotonic
        self._waiting: list[tuple[str, bytes, bool]] = []  # messages to be recorded
        self._version: object = None  # of the documents, when all of them were published last
        self._unseen: dict[str, float] = {}  # nodes whose `seen` may be behind, and when to look, monotonic
        self._nonces: dict[str, str | None] = {}  # that `seen` of each node has repeated
        self._keys = ReportKeys(station.keyring)
        self._task: asyncio.Task[None] | None = None

    @property
    def connected(self) -> bool:
        """True while the broker answers."""
        return self._bus.connected

    async def __aenter__(self) -> "Service":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Serve HTTP and time, and begin to connect to the broker. Raises `LoaError` if a port is taken."""
        loop = asyncio.get_running_loop()
        await self._server.start(self._station.http_port, self._station.https_port)
        if self._station.time_port is not None:
            await self._time.start(self._station.time_port)

        def on_up() -> None:
            loop.call_soon_threadsafe(self._up)

        def on_message(topic: str, payload: bytes, retained: bool) -> None:
            loop.call_soon_threadsafe(self._hear, topic, payload, retained)

        self._bus.start(on_up, on_message)
        self._task = asyncio.create_task(self._run(), name="station")

    def follow_site(self, site: Site) -> None:
        """Serve the nodes that the site has now."""
        self._station.follow_site(site)

    async def stop(self) -> None:
        """End everything in good order; raises what ended the service before, if anything did."""
        await asyncio.to_thread(self._bus.stop)
        await self._lives.close()
        self._time.stop()
        await self._server.stop()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            if not self._task.cancelled() and (error := self._task.exception()) is not None:
                raise error

    async def wait(self) -> None:
        """Wait until the service is stopped; raises what ended it if it ended by itself."""
        assert self._task is not None
        await asyncio.wait([self._task])
        if not self._task.cancelled():
            self._task.result()

    async def _run(self) -> None:
        clock = asyncio.create_task(self._station.clock.follow(), name="clock")
        try:
            ticks = 0
            while True:
                if clock.done():
                    clock.result()
                self._turn(ticks)
                ticks += 1
                await asyncio.sleep(_TICK_S)
        finally:
            clock.cancel()

    def _turn(self, ticks: int) -> None:
        may_date = self._station.clock.may_date
        if ticks % _RENEW_TICKS == 0:
            if may_date:
                self._renew()
            self._forget_sent()
        if ticks % _FORGET_TICKS == 0:
            self._station.forget_answers()
        if ticks % _KEYS_TICKS == 0:
            self._follow_keys()
        if self._station.documents.version() != self._version:
            self._publish_documents()
        self._tend_lives()
        if may_date:
            self._confirm_events()
            self._end_lives()
        self._send_commands()

    # Down to the nodes.

    def _up(self) -> None:
        self._published.clear()
        self._sent.clear()
        self._station.record.begin_connection()
        self._publish_documents()
        self._send_commands()

    def _publish_documents(self) -> None:
        self._version = self._station.documents.version()
        for document in self._station.documents.all_current(besides=self._published):
            self._publish(document)

    def _publish(self, document: Document) -> None:
        place = (document.kind, document.audience)
        if self._published.get(place) != document.revision and self._bus.publish(document.topic, document.raw, retain=True):
            self._published[place] = document.revision

    def _send_commands(self) -> None:
        for command in self._station.commands.waiting():
            if self._is_due(command.id, _COMMAND_AGAIN_S):
                self._bus.publish(topics.to(topics.node_audience(command.node), topics.COMMAND), command.raw, retain=False)

    def _confirm_events(self) -> None:
        """Publish `seen` where it would say something new; events are committed before. No more at once than can be signed while orders wait."""
        now = time.monotonic()
        some = [node_id for node_id, due in self._unseen.items() if due <= now][:_CONFIRMED_AT_ONCE]
        for node_id in some:
            del self._unseen[node_id]
        if not some:
            return
        with self._station.one_commit():  # in which no other process commits
            before = self._station.documents.version()
            issued = [document for node_id in some if (document := self._confirmation(node_id)) is not None]
            after = self._station.documents.version()
        for document in issued:
            self._publish(document)
        if before == self._version:  # nothing else waits to be published
            self._version = after

    def _confirmation(self, node_id: str) -> Document | None:
        """A `seen` for a node, None if the one that it has says as much."""
        audience = topics.node_audience(node_id)
        body: dict[str, Any] = {}
        state = self._station.nodes.state(node_id)
        self._nonces[node_id] = state.get("nonce")
        if "nonce" in state:
            body["nonce"] = state["nonce"]
        journal = self._station.record.newest_journal(node_id)
        if journal:
            body |= {"journal": journal, "n": self._station.record.recorded(node_id, journal)}
        current = self._station.documents.current(topics.SEEN, audience)
        if current is None or any(current.body.get(name) != value for name, value in body.items()):
            return self._station.documents.issue(topics.SEEN, audience, body)
        return None

    def _renew(self) -> None:
        """Sign anew what has passed half of its time: a plan holds until it is replaced."""
        now = time.time()
        for document in self._station.documents.all_current():
            if document.kind in _RENEWED and document.body["iat"] + document.body["exp"] < 2 * now:
                try:
                    self._station.renew(document)
                except LoaError as error:  # what was right once may be refused by newer rules: it goes on counting until it expires
                    _LOG.warning("%s is not signed anew: %s", document.id, error)

    def _follow_keys(self) -> None:
        """Keys may change while the service runs. A keys folder that is just being changed, or was damaged, is looked at again."""
        try:
            for document in self._station.follow_keys():
                _LOG.info("%s is signed anew by key %s", document.id, document.body["iss"])
        except LoaError as error:
            _LOG.warning("keys: %s", error)

    def _is_due(self, what: str, again_s: float) -> bool:
        now = time.monotonic()
        if now - self._sent.get(what, -again_s) < again_s:
            return False
        self._sent[what] = now
        return True

    def _forget_sent(self) -> None:
        """What was sent long enough ago to be due anyway need not be remembered: ids are new for ever."""
        recent = time.monotonic() - max(_COMMAND_AGAIN_S, _REPAIR_AGAIN_S)
        self._sent = {what: when for what, when in self._sent.items() if when > recent}

    # Up from the nodes.

    def _hear(self, topic: str, payload: bytes, retained: bool) -> None:
        """Take a message in; what comes within one turn of the loop is recorded in one commit."""
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._record_waiting)
        self._waiting.append((topic, payload, retained))

    def _record_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        try:
            with self._station.one_commit():
                for message in waiting:
                    self._heard(*message)
        except BaseException:  # nothing was recorded: once more one by one, so that only the message that is to blame is lost
            for message in waiting:
                asyncio.get_running_loop().call_soon(partial(self._heard, *message))
            raise

    def _heard(self, topic: str, payload: bytes, retained: bool) -> None:
        parsed = topics.parse_from(topic)
        if parsed is None or parsed[0] not in self._station.nodes or not payload:
            return
        node_id, kind = parsed
        key = self._keys.of(node_id)
        if key is None:
            return
        try:
            self._take(node_id, kind, topic, payload, retained, key)
        except refusal.Refused as refused:
            _LOG.warning("%s of node %s refused: %s", kind, node_id, refused)

    def _take(self, node_id: str, kind: str, topic: str, payload: bytes, retained: bool, key: bytes) -> None:
        if kind == topics.STATE and _is_will(payload):
            self._station.nodes.gone(node_id)
            return
        report = reports.open_report(key, topic, payload)
        if kind == topics.STATE:
            self._take_state(node_id, report, retained)
        elif kind == topics.TELEMETRY:
            schema.check(report_fields.TELEMETRY, report, "")
            self._station.nodes.heard_telemetry(node_id, report)
        elif kind == topics.EVENT:
            self._station.record.add(node_id, report)
            self._unseen.setdefault(node_id, time.monotonic() + _CONFIRMED_AFTER_S)
        else:
            schema.check(report_fields.ACK, report, "")
            self._station.nodes.acknowledged(node_id, report)
            self._station.commands.answer(node_id, report["id"], report["result"], report.get("code"), report.get("reason"))

    def _take_state(self, node_id: str, state: dict[str, Any], retained: bool) -> None:
        schema.check(report_fields.STATE, state, "")
        self._station.nodes.heard_state(node_id, state, min(int(time.time()), state["time"] or 0) if retained else None)
        if node_id not in self._nonces or self._nonces[node_id] != state["nonce"]:
            self._unseen[node_id] = time.monotonic()
        for lag in self._station.lags_of(node_id, state):
            if self._is_due(lag.document.id, _REPAIR_AGAIN_S):
                _LOG.info("node %s holds revision %d of %s: publishing it again", node_id, lag.held, lag.document.id)
                self._bus.publish(lag.document.topic, lag.document.raw, retain=True)

    # Live.

    def _tend_lives(self) -> None:
        wanted = {live.name: live for live in self._station.orders.lives()}
        for name in self._lives.names():
            if name not in wanted:
                self._lives.stop(name)
        for live in wanted.values():
            self._lives.start(live.name, live.source, live.codec, live.started)

    def _end_lives(self) -> None:
        for name, error in self._lives.ended():
            if error is not None:
                _LOG.warning("live stream %s ended: %s", name, error)
            self._station.orders.end(name, int(time.time() + BURST_S) + 1)


def _is_will(payload: bytes) -> bool:
    """Anybody may have sent it: nothing longer than a will is parsed."""
    try:
        return len(payload) <= _WILL_BYTES_MAX and bool(json.loads(payload) == _WILL)
    except ValueError:
        return False
