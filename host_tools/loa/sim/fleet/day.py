"""Lets a station's nodes live through hours or days in seconds: virtual time, an inner network, the station's own record and signatures.

Real: the firmware from the board's objects up, and what the station signs, checks and records. Counted instead of made: samples, in blocks of 128 ms.
Guards look every 10 s, the watchdog's every 30 s, instead of several times a second, so that an idle hour costs little.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from loa.firmware import refusal, report_fields, reports, schema, topics
from loa.provision.contents import Services
from loa.sim.fleet.inner import BROKER_PORT, TIME_PORT, InnerBroker, InnerDoors
from loa.sim.fleet.life import Life
from loa.sim.fleet.messages import Boot, Sound
from loa.sim.fleet.spread import blanks
from loa.sim.fleet.timing import VirtualClock, VirtualLoop
from loa.sim.fleet.worker import COARSE, new_chip, new_universe
from loa.station.station import Station

_SLACK = {
    "node.link.stream._GUARD_MS": 10_000,
    "node.link.uplink._TICK_MS": 10_000,
    "node.health.watchdog._FEED_MS": 30_000,
    "node.audio.player._SLEEP_MS": 9_000,
}
_CONFIRM_S = 5.0


@dataclass(frozen=True)
class Day:
    """What came of it: `told`, in the order of time; `virtual_s` that passed, `real_s` and `cpu_s` that it took; `underruns` of all nodes."""

    told: list[Sound | Boot]
    virtual_s: float
    real_s: float
    cpu_s: float
    underruns: int


class Bureau:
    """The station's service without threads and sockets: records what nodes say, and confirms it."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._states: dict[str, dict[str, Any]] = {}
        self._events: list[tuple[str, dict[str, Any]]] = []  # not recorded yet
        self.broker = InnerBroker(self.heard)
        self._published: dict[str, int] = {}

    def heard(self, topic: str, payload: bytes) -> None:
        """Check and record a report. A refused one is an error here: nobody else speaks."""
        parsed = topics.parse_from(topic)
        if parsed is None or payload == b'{"online": false}':
            return
        node_id, kind = parsed
        report = reports.open_report(self._station.keyring.node(node_id).report_key, topic, payload)
        if kind == topics.STATE:
            schema.check(report_fields.STATE, report, "")
            self._states[node_id] = report
        elif kind == topics.EVENT:
            self._events.append((node_id, report))
        elif kind == topics.ACK:
            self._station.nodes.acknowledged(node_id, report)
            if report["result"] != "ok":
                raise refusal.Refused(report["code"], f"node {node_id} refuses {report['id']}: {report.get('reason')}")

    def publish(self) -> None:
        """Everything current that is not out yet."""
        for document in self._station.documents.all_current():
            if self._published.get(document.topic) != document.revision:
                self._published[document.topic] = document.revision
                self.broker.publish(document.topic, document.raw.encode(), retain=True)

    async def run(self) -> None:
        """Task: record and confirm what was reported."""
        while True:
            await asyncio.sleep(_CONFIRM_S)
            if self._events:
                self.record()
                self.publish()

    def record(self) -> None:
        """Write down what was heard since the last time, and who confirms it to whom; in one commit."""
        events, self._events = self._events, []
        with self._station.one_commit():
            for node_id, report in events:
                self._station.record.add(node_id, report)
            for node_id in {node_id for node_id, _ in events}:
                journal = self._station.record.newest_journal(node_id)
                assert journal is not None
                body = {"journal": journal, "n": self._station.record.recorded(node_id, journal)}
                self._station.documents.issue(topics.SEEN, topics.node_audience(node_id), body)
            for node_id, state in self._states.items():
                self._station.nodes.heard_state(node_id, state)
            self._states.clear()


def live_through(station: Station, names: Sequence[str], seconds: float, seed: int = 0) -> Day:
    """Run the nodes `names` of a station from now on for so many seconds of their time. What is to happen stands in the station's documents."""
    clock = VirtualClock(time.time_ns() // 1_000)
    loop = VirtualLoop(clock)
    began, cpu = time.monotonic(), time.process_time()
    told: list[Sound | Boot] = []
    try:
        underruns = loop.run_until_complete(_live(station, names, seconds, seed, clock, told))
    finally:
        loop.close()
    return Day(told, seconds, time.monotonic() - began, time.process_time() - cpu, underruns)


async def _live(station: Station, names: Sequence[str], seconds: float, seed: int, clock: VirtualClock, told: list[Sound | Boot]) -> int:
    bureau = Bureau(station)
    bureau.publish()
    doors = InnerDoors(clock, bureau.broker, _files(station))
    world, universe = new_universe(clock, doors, ledger=True)
    for constant, value in (COARSE | _SLACK).items():
        universe.set(constant, value)
    services = Services(BROKER_PORT, station.http_url, (("127.0.0.1", TIME_PORT),))
    made = blanks(station.site, station.keyring, names, services, seed)
    chips = [new_chip(world, one) for one in made]
    lives = [Life(universe, chip, told.append) for chip in chips]
    confirming = asyncio.create_task(bureau.run())
    for life in lives:
        life.start()
    await asyncio.wait([confirming], timeout=seconds)
    if confirming.done():
        confirming.result()
    confirming.cancel()
    bureau.record()
    for life in lives:
        await life.off()
    return sum(chip.underruns for chip in chips)


def _files(station: Station) -> Callable[[str], bytes | None]:
    def content(sha256: str) -> bytes | None:
        path = station.audio.file(sha256)
        return path.read_bytes() if path is not None else None

    return content
