"""The composition root: every part of the node is made here, once, and joined to the others. Read from top to bottom, this is the node.

The only module that knows all parts. It contains no behaviour: what a part does stands in its folder, what the node does with the parts in `duties`.
"""

import asyncio
import gc
import json
import os
import random
import time

from micropython import const

from node.audio import codecs, gain
from node.audio.player import Player
from node.audio.sink import I2SSink
from node.bus import topics
from node.bus.admission import Admission
from node.bus.encoding import to_base64url
from node.bus.fallback import Fallback, places
from node.bus.mqtt import packets
from node.bus.mqtt.session import Session
from node.bus.trust import TrustStore
from node.duties.commands import Commands
from node.duties.conductor import Conductor
from node.duties.diary import Diary
from node.duties.documents import Handlers
from node.duties.fetcher import Fetcher
from node.duties.inbox import Inbox
from node.duties.performance import Performances
from node.duties.reporter import Reporter
from node.duties.sounds import CODEC_ORDER, Sounds
from node.health import last_words, state, telemetry
from node.health.enduring import enduring
from node.health.room import Room
from node.health.watchdog import Watchdog
from node.late import forget, let_go
from node.link import http, tls
from node.link.backoff import Backoff
from node.link.clock import RTC, SYNCHRONISED, Clock
from node.link.net import Network
from node.link.resolver import Resolver
from node.link.sntp import Sntp
from node.link.uplink import Uplink
from node.plan.agenda import Agenda
from node.refusal import OVERSIZED, Refused
from node.settings import Settings
from node.store.cache import Cache
from node.store.gate import EraseGate
from node.store.journal import Journal
from node.store.memo import Memo
from node.store.shelf import Shelf

_BROKER_BACKOFF_MS = (1_000, 60_000)
_FETCH_BACKOFF_MS = (2_000, 300_000)
_EVENTS_BACKOFF_MS = (5_000, 60_000)
_FALLBACK_BACKOFF_MS = (10_000, 600_000)
_KEEPALIVE_S = const(30)
_STREAM_MS = const(90_000)  # one silent wait on the broker's connection; keepalive judges before
_HANG_MS = const(120_000)  # for duties that wait on the network, whose own time-outs are shorter
_PLAYER_HANG_MS = const(10_000)


def main(board):
    """Run the node until one of its tasks fails; the watchdog then starts it anew."""
    try:
        asyncio.run(Node(board).run())
    finally:
        board.amplifier.off()  # before the clocks stop, whatever it was


class Node:
    """The parts, in the order in which they need each other. `board`: see `node.board`."""

    def __init__(self, board):
        self.board = board
        self.uptime_ms = 0
        self.looked_at = time.ticks_ms()
        self.nonce = to_base64url(os.urandom(12))
        self.starting_anew = None
        self.servers_named_by = None  # the area of the trust document that does
        self.settings = settings = Settings(board)

        # Store
        self.gate = EraseGate()
        last_time = Memo(board.data + "/time", self.gate, 0)
        self.clock = Clock(settings.built, last_time.value, board.rtc.datetime, last_time.save, self._on_time)
        self.commands_done = Memo(board.data + "/commands", self.gate, [])
        self.shelf = Shelf(board.data + "/documents", self.gate, settings.area, settings.node_id)
        self.cache = Cache(board.data + "/bulletins", settings.cache_bytes, self.gate)
        self.journal = Journal(board.journal, self.gate, self.clock)

        # Health
        self.watchdog = Watchdog(board.watchdog, self._hung)
        self.minded = []
        self.room = Room(board.idf_heap)

        # Link
        name, make = board.uplinks[0]
        self.uplink = Uplink(name, make, settings.networks if name == "wlan" else (), random.random, self._on_uplink)
        self.resolver = Resolver(self.uplink.dns_servers)
        self.net = Network(self.resolver, tls.client_context(settings.ca()))
        self.sntp = Sntp(self.resolver, settings.time_servers, self.clock, random.random)

        # Audio
        sink = I2SSink(board.i2s, board.amplifier, board.rate, board.small_ring, take=board.memory.take)
        playable = codecs.load(board.codecs)
        self.codecs = [name for name in CODEC_ORDER if name in playable]
        self.player = Player(
            sink, playable, self.gate, self._check_in("player", _PLAYER_HANG_MS), gain.factor(settings.ceiling), take=board.memory.take
        )
        sounds = Sounds(
            self.cache,
            self._get,
            self.codecs,
            board.rate,
            settings.language,
            settings.plain_live,
            board.buffers["live"],
            random.random,
        )

        # Plan, and who carries it out
        self.agenda = Agenda(settings.area, settings.node_id)
        self.diary = Diary(self.journal, self.clock, self._on_event)
        performances = Performances(self.player, sounds, self.agenda, self.diary, self.clock)
        self.fetcher = Fetcher(
            self.cache,
            self._get,
            sounds.variant,
            _backoff(_FETCH_BACKOFF_MS),
            self._not_fetched,
            self._on_change,
            self._check_in("fetcher", 10 * _HANG_MS),
            self.gate,
            self._documents_judged,
            self._documents_come,
        )
        self.conductor = Conductor(
            self.agenda,
            self.player,
            performances,
            self.clock,
            self.diary.dropped,
            self.fetcher.need,
            self._on_change,
            self._check_in("conductor", _HANG_MS),
        )

        # Bus
        turn = asyncio.Lock()
        self.trust = TrustStore(settings.root_key(), settings.area)
        self.admission = Admission(self.trust, self.clock, settings.area, settings.node_id, self._told_nonce, self.commands_done.value)
        self.session = self._make_session()
        self.reporter = Reporter(
            settings.node_id,
            settings.report_key,
            self.session,
            self.journal,
            self._state,
            self._telemetry,
            _backoff(_EVENTS_BACKOFF_MS),
            random.random,
            turn,
        )
        commands = Commands(self.player, sounds, self.conductor, self.reporter.resend, board.reset)
        handlers = Handlers(self.agenda, self.diary, self.clock, commands, self.conductor.changed, self.reporter.seen)
        self.inbox = Inbox(
            self.admission,
            handlers.by_type,
            self._committed,
            self._keep,
            self.reporter.answer,
            self.diary.refused,
            self._check_in("inbox", _HANG_MS),
            turn,
        )
        self.fallback = Fallback(
            self._get,
            settings.http,
            self._places,
            self._on_document,
            _backoff(_FALLBACK_BACKOFF_MS),
        )

        kept = board.fitted.time()
        if kept:
            self.clock.set(kept * 1000, RTC)

    # The life of the node

    async def run(self):
        """Take up what flash remembers, then do everything at once."""
        forget()  # what made the node was the largest; opening the journal must not make the heap grow
        watching = asyncio.create_task(self.watchdog.run())
        await self.journal.open()
        await self.cache.load()
        forget()
        await self.inbox.restore(await self.shelf.load(), self.shelf.take)
        self.diary.restore(self.agenda)
        self.diary.booted(self.settings.version, self.board.cause(), last_words.take(self.board.rtc))
        forget()
        for name, period_ms in self.minded:
            self.watchdog.register(name, period_ms, time.ticks_ms())
        await asyncio.gather(
            watching,
            self.player.run(),
            self.conductor.run(),
            self.inbox.run(),
            enduring(self.fetcher.run, "fetcher:"),
            self.session.run(),
            enduring(self.fallback.run, "fallback:"),
            enduring(self.reporter.report_states, "states:"),
            enduring(self.reporter.report_events, "events:"),
            enduring(self.reporter.report_telemetry, "telemetry:"),
            self.uplink.run(),
            enduring(self.sntp.run, "time:"),
            self.clock.run(self.gate.wait_open),
            self.shelf.run(),
            self.commands_done.run(),
            self.journal.run(),
            let_go(),
        )

    # How the parts hear of each other

    def _make_session(self):
        return Session(
            self._connect,
            self._hello,
            self._on_document,
            _backoff(_BROKER_BACKOFF_MS),
            on_up=self._on_up,
            on_down=self._on_down,
            on_oversized=self._on_oversized,
            on_failed=self._on_failed,
            keepalive_s=_KEEPALIVE_S,
            inbox_bytes=self.board.buffers["inbox"],
            outbox_bytes=self.board.buffers["outbox"],
        )

    async def _connect(self):
        broker = self.settings.broker
        stream = await self.net.connect(broker["host"], broker["port"], self.net.tls if broker["tls"] else None)
        stream.set_timeout(_STREAM_MS)
        return stream

    def _hello(self):
        settings = self.settings
        will = (topics.from_node(settings.node_id, topics.STATE), json.dumps(state.WILL).encode())
        connect = packets.connect(settings.node_id, _KEEPALIVE_S, will, settings.broker["user"], settings.broker["password"])
        return connect, [(topic, 0) for topic in topics.filters(settings.area, settings.node_id)]

    async def _get(self, url, headers=None):
        return await http.get(self.net, url, headers)

    def _told_nonce(self):
        return self.nonce

    def _places(self):
        return places(self.settings.area, self.settings.node_id)

    async def _on_document(self, topic, raw):
        return await self.inbox.take(topic, raw)

    def _committed(self, document):
        """Servers are whom the nearest trust document names, and, so that no such document can lose the broker for ever, whom the bench named."""
        if document.kind != topics.TRUST:
            return
        named_by, before = self.trust.names_servers, self.servers_named_by
        self.servers_named_by = named_by
        if named_by == document.audience:
            self.net.tls = tls.client_context(document.body["ca"] + self.settings.ca())
        is_on_flash = named_by not in (None, document.audience, before)  # what names them now; at boot it is judged before they are wanted
        if is_on_flash or self.admission.holds_untrusted():
            self.starting_anew = asyncio.create_task(self._start_anew())

    async def _start_anew(self):
        """What the node acts by counts no longer, a key or whom servers must be, or memory is wanting: fade out, keep what says so, begin again."""
        await self.conductor.rest()
        await self.shelf.wait_saved()
        self.board.reset()

    def _keep(self, document):
        """An accepted document goes on the shelf, a command on the list of those that are done."""
        if document.kind == topics.COMMAND:
            self.commands_done.put(self.admission.done.entries)
        else:
            self.shelf.put(document.kind, document.audience, document.raw)
        self._on_change()

    def _on_up(self):
        self.fallback.broker_up()
        self.reporter.connected()
        self.fetcher.retry()

    async def _documents_judged(self):
        await self.inbox.wait_quiet()

    def _documents_come(self):
        return self.inbox.busy

    def _on_down(self, why):
        print("broker:", why)
        self.fallback.broker_down()

    def _on_failed(self):
        """What has no room for a connection gets it by starting anew, in silence: what is played needs no broker."""
        if not self.settings.broker["tls"] or self.player.sounding or self.starting_anew:
            return
        if self.room.failed():
            self.starting_anew = asyncio.create_task(self._start_anew())

    def _on_oversized(self, topic, size):
        self.diary.refused(Refused(OVERSIZED, f"{size} bytes under {topic}"))

    def _on_event(self):
        self.reporter.happened()

    def _on_change(self):
        self.reporter.changed()

    def _not_fetched(self, bulletin_id, refused):
        print("bulletin", bulletin_id, refused)

    def _on_time(self):
        if self.clock.state == SYNCHRONISED:
            self.board.fitted.keep_time(self.clock.now())
        self.inbox.time_known()
        self.conductor.changed()
        self.reporter.changed()

    def _on_uplink(self):
        print("uplink:", self.uplink.state, self.uplink.why)
        self.fetcher.retry()
        self.reporter.changed()

    def _hung(self, name):
        print("watchdog:", name, "hangs")
        last_words.leave(self.board.rtc, name)

    def _check_in(self, name, period_ms):
        """A task that the watchdog is to mind once it runs; returns what it calls to show that it lives."""
        self.minded.append((name, period_ms))
        return lambda: self.watchdog.check_in(name, time.ticks_ms())

    # What is told of the node

    def _state(self):
        stored = self.fetcher.stored()  # before the others, whose code is in another overlay
        settings = self.settings
        identity = {"version": settings.version, "area": settings.area, "codecs": self.codecs, "rate": self.board.rate}
        player = (self.conductor.on_air, self.conductor.volume)
        journal = (self.journal.id, self.journal.last_n, self.journal.seen_n)
        return state.build(identity, self.admission.revisions(), player, self.uplink.name, self.clock, self.nonce, journal, stored)

    def _telemetry(self):
        gc.collect()
        now = time.ticks_ms()
        self.uptime_ms += time.ticks_diff(now, self.looked_at)  # asked every minute, so that no wrap of the ticks is missed
        self.looked_at = now
        return telemetry.build(
            self.uptime_ms // 1000,
            gc.mem_free(),
            self.player.buffer_ms,
            self.player.underruns,
            self.player.starvations,
            self.journal.lost,
            self.uplink.rssi(),
            self.board.idf_heap(),
            self.board.fitted.measure(),
            self.board.fitted.faults(),
        )


def _backoff(limits):
    first_ms, longest_ms = limits
    return Backoff(first_ms, longest_ms, random.random)
