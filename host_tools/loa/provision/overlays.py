"""Which parts of the application a node loads only while they are used (`loa.provision.link.overlays` says how, and what an entry may be).

An overlay is what is needed together, of some 1 to 8 KB; the one that was called last is kept for a second. Every node lets go of what makes it and takes
up what flash remembers, once, before anything sounds. One without PSRAM has no memory for the rest either: it loads nearly everything that is used for
moments.
Never here: what the audio path calls between codec and sink, what waits for others and would keep its overlay in memory as long, what decides what
sounds, which must not need memory that somebody else has just then, and kernels in native code, which never leave memory.
"""

from collections.abc import Collection, Mapping


def overlays(lean: bool) -> Mapping[str, tuple[str, ...]]:
    """The entries by overlay; `lean`: for a node without PSRAM."""
    return {**_AT_BOOT, **_FOR_MOMENTS} if lean else _AT_BOOT


def at_boot() -> Collection[str]:
    """The overlays that are used once, before the node runs."""
    return _AT_BOOT.keys()


_AT_BOOT: dict[str, tuple[str, ...]] = {
    # Make the node at boot, once: its hardware and what it was given; the parts, by `Node.__init__`.
    "board": (
        "node.board",
        "!node.board:_button",
        "!node.board:_early",
        "!node.board:Board.i2s",
        "!node.board:Board.idf_heap",
        "!node.board:Board.reset",
        "node.drivers.amplifier:Switch.__init__",
        "node.drivers.fitted:Fitted.__init__",
        "node.drivers.fitted:Fitted._switch",
        "node.drivers.fitted:Fitted._output",
        "node.drivers.fitted:_driver",
        "node.drivers.spare_memory",
        "node.portal.wanted",
        "node.settings",
        "node.store.networks",
    ),
    "move": ("node.moved",),  # what stays of the code leaves the heap, before anything is made
    "parts": (
        "node.app:Node.__init__",
        "node.app:Node._make_session",
    ),
    "make_store": (
        "node.health.room:Room.__init__",
        "node.health.watchdog:Watchdog.__init__",
        "node.health.watchdog:Watchdog.register",
        "node.link.backoff:Backoff.__init__",
        "node.link.clock:Clock.__init__",
        "node.link.net:Network.__init__",
        "node.link.resolver:Resolver.__init__",
        "node.link.sntp:Sntp.__init__",
        "node.link.uplink:Uplink.__init__",
        "node.store.cache:Cache.__init__",
        "node.store.gate:EraseGate.__init__",
        "node.store.journal:Journal.__init__",
        "node.store.lane:Lane.__init__",
        "node.store.marks:Marks.__init__",
        "node.store.memo:Memo.__init__",
        "node.store.shelf:Shelf.__init__",
        "node.store.turns:Turns.__init__",
    ),
    "make_audio": (
        "node.audio.codecs",
        "node.audio.codecs.ima_adpcm:ImaAdpcm.__init__",
        "node.audio.feeder:Chunks.__init__",
        "node.audio.gain:Ramp.__init__",
        "node.audio.player:Player.__init__",
        "node.audio.pump:Pump.__init__",
        "node.audio.sink:I2SSink.__init__",
        "node.audio.timeline:Timeline.__init__",
        "node.duties.sounds:Sounds.__init__",
        "node.plan.agenda:Agenda.__init__",
        "node.plan.history:History.__init__",
    ),
    "make_bus": (
        "node.bus.admission:Admission.__init__",
        "node.bus.fallback:Fallback.__init__",
        "node.bus.fallback:places",
        "node.bus.mqtt.inbox:Inbox.__init__",
        "node.bus.mqtt.outbox:Outbox.__init__",
        "node.bus.mqtt.reader:Reader.__init__",
        "node.bus.mqtt.session:Session.__init__",
        "node.bus.replay:Done.__init__",
        "node.bus.trust:TrustStore.__init__",
        "node.duties.commands:Commands.__init__",
        "node.duties.conductor:Conductor.__init__",
        "node.duties.diary:Diary.__init__",
        "node.duties.documents:Handlers.__init__",
        "node.duties.fetcher:Fetcher.__init__",
        "node.duties.inbox:Inbox.__init__",
        "node.duties.performance:Performances.__init__",
        "node.duties.reporter:Reporter.__init__",
    ),
    # Takes up at boot what flash remembers.
    "open": (
        "node.duties.diary:Diary.booted",
        "node.duties.diary:Diary.restore",
        "node.health.last_words:take",
        "node.plan.agenda:Agenda.restore",
        "node.store.cache:Cache.load",
        "node.store.files:prepare",
        "node.store.journal:Journal.open",
        "node.store.journal:Journal._load_marks",
        "node.store.journal:Journal.replay",
        "node.store.lane:Lane.scan",
        "node.store.lane:Lane._is_clean",
        "node.store.lane:Lane._read_head",
        "node.store.marks:Marks.load",
        "node.store.shelf:Shelf.load",
    ),
}

_FOR_MOMENTS: dict[str, tuple[str, ...]] = {
    # Writes into the journal.
    "journal": (
        "node.duties.diary",
        "!node.duties.diary:Diary.mark",  # every other second
        "!node.duties.diary:Diary._try",
        "node.health.proof",
        "node.store.journal:Journal.append",
        "node.store.journal:Journal.start",
        "node.store.journal:Journal.seen",
        "node.store.journal:Journal._write",
        "node.store.journal:Journal._has_room",
        "node.store.journal:Journal._begin_block",
        "node.store.journal:Journal._apply",
        "node.store.journal:_record",
        "node.store.lane:Lane.advance",
        "node.store.records:Record.pack",
    ),
    # Makes room in it.
    "tend": (
        "node.store.journal:Journal._reclaim",
        "node.store.journal:Journal._done_only_in",
        "node.store.journal:Journal._text_of",
        "node.store.journal:Journal._needed",
        "node.store.lane:Lane.erase",
        "node.store.lane:Lane.retire",
        "node.store.marks:Marks.retire",
    ),
    # Takes a document or command through its judgement and acts on it.
    "inbox": (
        "node.app:Node._committed",
        "node.app:Node._keep",
        "node.bus.admission:Admission.commit",
        "node.bus.admission:_subject",
        "node.bus.limits:document_id",
        "node.bus.replay:Done.add",
        "node.duties.commands:Commands.handle",
        "node.duties.documents",
        "!node.duties.documents:Handlers._plan",  # under way while others take what a document says
        "!node.duties.documents:Handlers._air",
        "node.duties.inbox:Inbox._review_pending",
        "node.duties.inbox:Inbox._tell",
        "node.store.shelf:Shelf.put",
    ),
    # Proves who signed it.
    "prove": (
        "node.bus.encoding",
        "!node.bus.encoding:to_base64url",
        "node.bus.jws",
        "node.bus.rs256",
    ),
    # Judges what it says.
    "judge": (
        "node.bus.admission",
        "!node.bus.admission:Admission.admit",  # under way while others prove and look at tables
        "!node.bus.admission:Admission._check_revision",
        "!node.bus.admission:Admission.holds",  # most of what comes with a connection is
        "!node.bus.admission:_digest",
        "node.bus.limits",
        "node.bus.replay",
        "!node.bus.replay:Done.check",
        "node.bus.trust",
        "!node.bus.trust:TrustStore.key",
    ),
    # Takes a plan.
    "plan": (
        "node.plan.agenda:Agenda.put_plan",
        "node.plan.agenda:Agenda.plan_steps",
        "node.plan.calendar:Zone.__init__",
        "node.plan.days:Days.__init__",
        "node.plan.offers:take",
        "node.plan.quiet:Quiet.__init__",
        "node.plan.schedule",
        "node.plan.slots:Slot.__init__",
        "node.plan.slots:Slot.check",
        "node.plan.slots:Slot._refuse",
        "node.plan.slots:Slot.placed",
        "node.plan.slots:Slot.is_for",
    ),
    # Takes orders.
    "air": (
        "node.plan.agenda:Agenda.put_air",
        "node.plan.orders:Order.__init__",
        "node.plan.orders:Order._check",
        "node.plan.orders:orders_of",
    ),
    # Finds what answers what, of plans and orders.
    "index": (
        "node.plan.agenda:Agenda._is_above",
        "node.plan.agenda:Agenda._answering",
        "node.plan.agenda:Agenda._index",
        "node.plan.offers",
        "!node.plan.offers:take",
    ),
    # Finds the sound of an item.
    "find_sound": (
        "node.duties.sounds",
        "!node.duties.sounds:Sounds.find",
        "node.store.cache:Cache.hold",
        "node.store.cache:Cache.release",
        "node.store.cache:Cache.doubt",
    ),
    # What its file is.
    "wav": (
        "node.audio.sources.file",
        "node.audio.wav",
        "!node.audio.wav:Format",
        "node.audio.wav:Parser()",
    ),
    # Begins to play and ends it.
    "open_sound": (
        "node.audio.player:Player._open",
        "node.audio.player:Player._shut_down",
        "node.audio.player:_Programme",
        "!node.audio.player:_Programme.position_ms",
        "node.audio.pump:Pump.begin",
        "node.audio.sink:I2SSink.start",
        "node.audio.sink:I2SSink.stop",
        "node.drivers.fitted:Fitted.route_master_clock",
    ),
    # What becomes of an item; what a command does.
    "perform": (
        "node.duties.commands",
        "!node.duties.commands:Commands._chime",
        "!node.duties.commands:Commands._leave",
        "node.duties.performance",
        "!node.duties.performance:Performance.run",
        "!node.duties.performance:Performance._mark",
        "!node.duties.performance:Performance._sound",
        "!node.duties.performance:Performance._find",
        "!node.duties.performance:Performance._when_stopped",
        "!node.duties.performance:Performance._bridge",
    ),
    # Chooses among the variants of a bulletin.
    "choose": (
        "node.duties.fetcher:Fetcher._complain",
        "node.duties.fetcher:Fetcher._wanted",
        "node.duties.fetcher:Fetcher.stored",
        "node.duties.sounds:Sounds.variant",
        "node.duties.sounds:Sounds._preference",
        "node.store.cache:Cache.path",
        "node.store.cache:Cache.keep",
        "node.store.cache:Cache._dispensable",
        "node.store.cache:Cache._put_away",
        "node.store.cache:Cache._place",
        "node.store.cache:_close",
        "node.store.cache:_sha256_of",
        "node.store.cache:_flash_bytes",
    ),
    # Tells the station.
    "report": (
        "node.app:Node._telemetry",
        "node.bus.report_words",
        "node.bus.reports",
        "node.drivers.chip_temperature",
        "node.drivers.fitted:Fitted.measure",
        "node.drivers.fitted:Fitted.faults",
        "node.drivers.fitted:Fitted._attempt",
        "node.duties.reporter:Reporter._answer",
        "node.duties.reporter:Reporter._send",
        "node.health.state",
        "node.health.telemetry",
        "node.bus.mqtt.outbox:Outbox.put",
        "node.bus.admission:Admission.revisions",
        "node.bus.mqtt.session:Session.publish",
    ),
    # Finds and opens a connection.
    "connect": (
        "node.app:Node._hello",
        "node.bus.mqtt.connection:Connection.__init__",
        "node.bus.mqtt.connection:Connection._expect_connack",
        "node.bus.mqtt.connection:Connection._take_suback",
        "node.bus.mqtt.packets:connect",
        "node.bus.mqtt.packets:subscribe",
        "node.bus.mqtt.packets:parse_connack",
        "node.bus.mqtt.packets:parse_suback",
        "node.link.failures",
        "node.link.stream:Stream.__init__",
        "node.link.tcp",
        "!node.link.tcp:_Socket",
        "!node.link.tcp:open_connection",
        "!node.link.tcp:_until_writable",
    ),
    # Changes whom the node believes as a server.
    "certificates": (
        "node.link.tls",
        "node.settings:Settings.ca",
    ),
    # Tries networks.
    "networks": (
        "node.link.uplink:Uplink.start",
        "node.link.uplink:Uplink._try",
        "node.link.uplink:Uplink._give_up",
        "node.link.uplink:_reason",
    ),
    # Asks for an address.
    "addresses": (
        "node.link.dns",
        "node.link.resolver",
        "!node.link.resolver:Resolver.resolve",
        "!node.link.resolver:Resolver._ask",
        "!node.link.resolver:_ask_server",
    ),
    # Asks for the time.
    "clock": (
        "node.drivers.fitted:Fitted.time",
        "node.drivers.fitted:Fitted.keep_time",
        "node.link.clock:Clock.set",
        "node.link.clock:Clock._write_rtc",
        "node.link.ntp",
        "node.link.sntp",
        "!node.link.sntp:Sntp.run",
        "!node.link.sntp:Sntp.ask_all",
        "!node.link.sntp:Sntp.ask",
    ),
    # Words a question to a server, and reads the head of its answer.
    "http": (
        "node.link.http",
        "!node.link.http:get",
        "!node.link.http:_ask",
        "!node.link.http:_head",
        "!node.link.http:_fields",
    ),
    # Whom it asks for what.
    "url": (
        "node.link.url",
        "node.link.url:Url()",
    ),
    # The body of the answer.
    "body": (
        "node.link.body",
        "!node.link.body:whole_line",  # of the head too
        "node.link.body:Response()",
        "node.link.body:_Patience()",
    ),
    # Asks for all documents while the broker is away.
    "fallback": (
        "node.bus.fallback",
        "!node.bus.fallback:Fallback.run",
        "!node.bus.fallback:Fallback.broker_up",
        "!node.bus.fallback:Fallback.broker_down",
    ),
    # Keeps documents.
    "files": (
        "node.store.files",
        "!node.store.files:replace",
        "node.store.shelf:Shelf.get",
        "node.store.shelf:Shelf._path",
    ),
}
