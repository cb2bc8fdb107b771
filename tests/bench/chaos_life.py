"""A minute in a commune whose parts are killed at moments that a seed chooses: what is to befall it, and living through it. Judges nothing.

Seconds are relative to the first slot. The plan and the officer's orders are there in every life; when orders are given, and when what dies for
how long, comes from the seed.
"""

import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from loa.demo.story import Told
from loa.demo.timeline import Mark
from loa.testing import Commune, voice

AREA = "son-la/moc-chau"

SLOTS = (("tin-1", 0.0, 5.0), ("tin-2", 9.0, 7.0), ("tin-3", 22.0, 5.0), ("tin-4", 33.0, 9.0), ("tin-5", 48.0, 6.0))  # name, second, length
URGENT = ("khan", 5.0)
LIVE = ("truc-tiep", 90.0)
VICTIMS = ("broker", "broker and its data", "station", "node", "node", "reset button")
_FAULTS = (5, 9)
_FAULT_S = (-4.0, 52.0)
_DOWN_S = (0.3, 6.0)
_URGENT_S = (4.0, 45.0)
_LIVE_S = (6.0, 40.0)
_LIVE_LONG_S = (6.0, 12.0)
_LEAD_S = 6.0
_LATE_S = 180
_END_S = 60.0
_SETTLE_S = 110.0
_LOOK_S = 0.1


@dataclass(frozen=True)
class Fault:
    """`what` of `VICTIMS` dies at a second and comes back `down_s` later; `node` is the node's, empty for the others."""

    at: float
    down_s: float
    what: str
    node: str = ""


@dataclass(frozen=True)
class Script:
    """What is to befall a commune."""

    seed: int
    faults: tuple[Fault, ...]
    urgent_at: float
    live_at: float
    live_s: float


def script(seed: int, nodes: list[str]) -> Script:
    """The same for the same seed. A part that is down is not killed again before it is back."""
    chance = random.Random(seed)
    faults: list[Fault] = []
    for _ in range(chance.randint(*_FAULTS)):
        what = chance.choice(VICTIMS)
        node = chance.choice(nodes) if what in ("node", "reset button") else ""
        fault = Fault(round(chance.uniform(*_FAULT_S), 2), round(chance.uniform(*_DOWN_S), 2), what, node)
        part = _part(fault)
        if all(
            _part(other) != part or fault.at > other.at + other.down_s + 1 or other.at > fault.at + fault.down_s + 1 for other in faults
        ):
            faults.append(fault)
    urgent_at, live_at = chance.uniform(*_URGENT_S), chance.uniform(*_LIVE_S)
    return Script(
        seed, tuple(sorted(faults, key=lambda one: one.at)), round(urgent_at, 2), round(live_at, 2), chance.uniform(*_LIVE_LONG_S)
    )


def take_in(commune: Commune, folder: Path) -> None:
    """Make the voices and give them to the station; the live programme is left in the folder."""
    for name, seconds in [(name, length) for name, _, length in SLOTS] + [URGENT]:
        commune.station.voice(name, seconds)
    voice(*LIVE, folder)


class Life:
    """One life of a commune that is online and has taken in the voices from `folder`."""

    def __init__(self, commune: Commune, written: Script, folder: Path, say: Callable[[str], None]) -> None:
        self._commune = commune
        self._folder = folder
        self._say = say
        self._script = written
        self._told = Told(math.ceil(time.time() + _LEAD_S))
        self._down: dict[str, float] = {}

    def live(self) -> Told:
        """Publish the plan, let everything befall it, and wait for the last reports."""
        told, written = self._told, self._script
        self._commune.station.plan({name: told.begun + second for name, second, _ in SLOTS}, _LATE_S)
        acts: list[tuple[float, Callable[[], None]]] = [
            (written.urgent_at, self._urgent),
            (written.live_at, self._live),
            (written.live_at + written.live_s, self._leave_live),
        ]
        for fault in written.faults:
            acts += [(fault.at, lambda fault=fault: self._kill(fault)), (fault.at + fault.down_s, lambda fault=fault: self._revive(fault))]
        for second, act in sorted(acts, key=lambda one: one[0]):
            time.sleep(max(0.0, told.begun + second - time.time()))
            act()
        time.sleep(max(0.0, told.begun + _END_S - time.time()))
        self._await_reports()
        told.ended = time.time()
        return told

    # The officer.

    def _urgent(self) -> None:
        self._told.urgent_issued = time.time()
        self._told.urgent_order = self._commune.desk.urgent(AREA, URGENT[0])

    def _live(self) -> None:
        self._told.live_issued = time.time()
        self._told.live_order = self._commune.desk.live_start(AREA, str(self._folder / f"{LIVE[0]}.wav"))

    def _leave_live(self) -> None:
        self._commune.desk.live_stop(self._told.live_order)
        self._told.live_left = time.time()

    # Fate.

    def _kill(self, fault: Fault) -> None:
        commune = self._commune
        self._say(f"{fault.at:6.1f} s  {fault.what} {fault.node} for {fault.down_s:.1f} s")
        if fault.what == "station":
            commune.station.kill()
        elif fault.what == "node":
            commune.nodes[fault.node].power_off()
        elif fault.what == "reset button":
            commune.nodes[fault.node].reset()
        else:
            commune.broker.kill()
            if fault.what != "broker":
                commune.broker.wipe()
        self._down[_part(fault)] = time.time()

    def _revive(self, fault: Fault) -> None:
        if fault.what == "station":
            self._commune.station.start()
        elif fault.what == "node":
            self._commune.nodes[fault.node].start()
        elif fault.what != "reset button":
            self._commune.broker.start()
        since = self._down.pop(_part(fault))
        kind: Literal["power", "broker", "station"] = "power" if fault.node else "station" if fault.what == "station" else "broker"
        self._told.marks.append(Mark(kind, since, time.time(), fault.what, fault.node or None))

    def _await_reports(self) -> None:
        """Until the record has the end of everything and all that the nodes have to say, or for as long as is fair; the rest is a finding."""
        deadline = time.monotonic() + _SETTLE_S
        while not self._all_told() and time.monotonic() < deadline:
            time.sleep(_LOOK_S)

    def _all_told(self) -> bool:
        desk = self._commune.desk
        over = {
            (event.node, event.body["key"])
            for event in desk.record.events()
            if event.kind == "dropped" or (event.kind == "played" and event.body["why"] == "end")
        }
        states = {status.id: status.state for status in desk.status()}
        reported = all(states[node].get("n") == states[node].get("seen") for node in self._commune.nodes)
        return reported and len(over) >= len(self._commune.nodes) * (len(SLOTS) + 2)


def _part(fault: Fault) -> str:
    return fault.node or fault.what.split(" ")[0]
