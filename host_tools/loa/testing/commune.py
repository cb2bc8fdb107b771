"""A commune under test: the simulated one, whose parts a test may break, listen to and wait for. Everything done to them is noted."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from loa.broker import Broker as Engine
from loa.broker import LocalBroker
from loa.broker.users import station_user
from loa.demo.clicks import Click
from loa.demo.ear import Ear, as_played, built_in, dropouts, emitted_s
from loa.demo.evidence import Programme, Segment
from loa.sim import commune as sim
from loa.sim.node import SimulatedNode
from loa.sim.runtime import Runtime
from loa.station.documents import Document
from loa.station.process import Post, StationProcess
from loa.station.proof import Proof
from loa.station.station import Station as Desk
from loa.testing.acts import Acts
from loa.testing.voices import plan_text, voice
from loa.testing.waiting import WITHIN_S, eventually
from loa.testing.wire import Client, FakeNode, Will

_BUILT_IN = {"chime": 3.5, "siren": 12.0}  # seconds of each that the ear knows
_HEARD_POLL_S = 0.1
_SHORTEST_S = 1.0  # of a stretch that is surely found
_UNDECIDED = ("due", "silent")
_MARGIN_S = 3600


class Broker:
    """The broker under test: start, stop, kill, wipe, pause, resume. One that somebody else runs is only used: what would end it raises `NotOurs`."""

    def __init__(self, engine: Engine, acts: Acts) -> None:
        self._engine = engine
        self._acts = acts

    @property
    def host(self) -> str:
        """Name by which clients reach it; stands in its certificate."""
        return self._engine.host

    @property
    def port(self) -> int:
        """MQTT port; stays the same over restarts."""
        return self._engine.port

    @property
    def url(self) -> str:
        """`mqtts://host:port`, or `mqtt://` for one without TLS."""
        return self._engine.url

    @property
    def log_file(self) -> Path | None:
        """What it wrote; None if it is not ours."""
        return self._engine.log_file

    @property
    def running(self) -> bool:
        """True while it lives."""
        return self._engine.running

    @property
    def is_ours(self) -> bool:
        """False for one that was named by `--loa-broker`."""
        return isinstance(self._engine, LocalBroker)

    def start(self) -> None:
        """Start it, on the port that it had; returns when it serves."""
        self._engine.start()
        self._acts.note("broker", "started")

    def stop(self) -> None:
        """End it in good order."""
        if self._engine.running and self.is_ours:
            self._acts.note("broker", "stopped")
        self._engine.stop()

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        self._engine.kill()
        self._acts.note("broker", "killed")

    def wipe(self) -> None:
        """Delete all it has retained for nodes, while it does not run."""
        self._engine.wipe()
        self._acts.note("broker", "its data deleted")

    def pause(self) -> None:
        """Let it stand still with all connections open, until `resume`."""
        self._engine.pause()
        self._acts.note("broker", "paused")

    def resume(self) -> None:
        """Let it go on."""
        self._engine.resume()
        self._acts.note("broker", "resumed")


class Station(StationProcess):
    """The station's service as a process (start, stop, kill), and `desk`: what officers do there, in this process."""

    def __init__(self, post: Post, desk: Desk, acts: Acts, folder: Path) -> None:
        super().__init__(post)
        self.desk = desk
        self._acts = acts
        self._folder = folder

    @property
    def area(self) -> str:
        """The area that it speaks to."""
        return self.desk.area

    def start(self) -> None:
        """Start it; returns when it serves HTTP."""
        super().start()
        self._acts.note("station", "started")

    def stop(self) -> None:
        """End it in good order."""
        if self.running:
            self._acts.note("station", "stopped")
        super().stop()

    def kill(self) -> None:
        """End it at once."""
        if self.running:
            self._acts.note("station", "killed")
        super().kill()

    def voice(self, name: str, seconds: float) -> Path:
        """Make a recording that an ear can tell from any other, and take it in under its name."""
        path = voice(name, seconds, self._folder)
        self.desk.add_audio(path)
        return path

    def plan(self, slots: Mapping[str, float], late_s: int = 900) -> Document:
        """Publish a plan that plays each recording once, at a Unix second of today; a slot may begin as late as `late_s`."""
        path = self._folder / "plan.toml"
        path.write_text(plan_text(self.desk.site.time_zone, slots, late_s), encoding="utf-8")
        return self.desk.publish_plan(path)


class Node(SimulatedNode):
    """A node in a commune. Power, reset button and link are those of `SimulatedNode`; here is what is heard of it, by ear and by its reports.

    `name` of a programme: a recording at the station, "chime", "siren", or what `Commune.learn` was told. All times are Unix seconds.
    """

    def __init__(self, folder: Path, node_id: str, runtime: Runtime, commune: "Commune") -> None:
        super().__init__(folder, node_id, runtime)
        self._commune = commune

    def start(self) -> None:
        """Switch on."""
        super().start()
        self._commune.acts.note(self.node_id, "power on")

    def power_off(self) -> None:
        """Cut the power now, in the middle of whatever it does."""
        if self.running:
            self._commune.acts.note(self.node_id, "power off")
        super().power_off()

    def reset(self) -> None:
        """Press the reset button."""
        self._commune.acts.note(self.node_id, "reset button")
        super().reset()

    def link(self, up: bool, *how: Any, **more: Any) -> None:
        """Take the access point away, or bring it back."""
        self._commune.acts.note(self.node_id, "link back" if up else "link cut")
        super().link(up, *how, **more)

    # By ear

    def heard(self, name: str | None = None, since: float = 0.0) -> list[Segment]:
        """The stretches of all programmes, or of one, that its loudspeaker emitted and that began at `since` or later."""
        return self._commune.ear.heard(self, name, since)

    def heard_share(self, name: str, since: float = 0.0) -> float:
        """How much of a programme's sounding length was heard, in however many stretches, 0 to 1."""
        return self._commune.ear.share(self, name, since)

    def clicks(self) -> list[Click]:
        """Every click that it emitted in its whole life, but for those where the host let the emulated board wait; see `dropouts`."""
        return self._commune.ear.clicks(self)

    def dropouts(self) -> list[float]:
        """When the board's ring ran dry in the middle of sound."""
        return dropouts(self)

    def emitted_s(self) -> float:
        """Seconds of sound and silence that its amplifier got."""
        return emitted_s(self)

    def wait_for_sound(self, name: str, within_s: float = WITHIN_S, since: float = 0.0) -> Segment:
        """Wait until some of a programme was emitted; returns the stretch. Raises AssertionError if it is not heard in time."""
        deadline, looked = time.monotonic() + within_s, since
        while True:
            reached = time.time() - _SHORTEST_S
            if self._commune.ear.heard(self, name, looked) and (stretches := self.heard(name, since)):
                return stretches[0]
            others = sorted({one.programme for one in self.heard(since=since)}) if time.monotonic() > deadline else []
            assert time.monotonic() < deadline, (
                f"{self.node_id} did not emit {name} within {within_s:g} s; heard was: {others or 'nothing'}"
            )
            looked = max(looked, reached - _SHORTEST_S)
            time.sleep(_HEARD_POLL_S)

    def wait_for_more(self, seconds: float) -> None:
        """Wait until its amplifier got so much more sound, however long that takes."""
        before = self.emitted_s()
        eventually(lambda: self.emitted_s() > before + seconds, f"{seconds:g} s of sound from {self.node_id}", WITHIN_S + seconds)

    # By its reports

    @property
    def state(self) -> dict[str, Any]:
        """What it last said of itself, see the protocol's table of `state`; empty if it never did."""
        return self._commune.desk.nodes.state(self.node_id)

    def wait_for_state(self, within_s: float = WITHIN_S, **members: object) -> dict[str, Any]:
        """Wait until its state has these members; returns it."""

        def has_them() -> bool:
            return all(self.state.get(name) == value for name, value in members.items())

        eventually(has_them, f"{self.node_id} with {members}", within_s)
        return self.state

    def ends(self, key: str) -> list[str]:
        """By which words the stretches of an item ended, by the record: `end`, `pre-empted`, `stopped` ... A key is `area|order` or `area|slot|start`."""
        events = self._commune.desk.record.events(self.node_id)
        return [event.body["why"] for event in events if event.kind == "played" and event.body["key"] == key]

    def proof(self, what: str) -> Proof | None:
        """Proof of play of an order or slot, by its id; None if nobody ordered it."""
        now = int(time.time())
        proofs = self._commune.desk.proofs(int(self._commune.begun) - _MARGIN_S, now + _MARGIN_S)
        return next((one for one in proofs if one.node == self.node_id and one.key.split("|")[1] == what), None)

    def wait_for_proof(self, what: str, result: str = "complete", within_s: float = 60.0) -> Proof:
        """Wait until the proof of play of an order or slot is there. Raises AssertionError if it says something else than `result`."""
        deadline = time.monotonic() + within_s
        while True:
            proof = self.proof(what)
            if proof is not None and proof.result == result:
                return proof
            said = proof.result if proof else "nothing of it"
            assert said in (*_UNDECIDED, "nothing of it"), f"{self.node_id} says of {what}: {said} ({proof and proof.why}), not {result}"
            assert time.monotonic() < deadline, f"{self.node_id} still says of {what} after {within_s:g} s: {said}, not {result}"
            time.sleep(_HEARD_POLL_S)


class Commune(sim.Commune):
    """One station of a site with its nodes, all on this machine; see `loa.sim.commune.Commune`.

    seed    what chance in this test comes from
    acts    what was done to it
    storms  those that came over it, see `loa.testing.storm`
    """

    nodes: Mapping[str, Node]
    broker: Broker
    station: Station

    def __init__(self, *arguments: Any, seed: int = 0, **options: Any) -> None:
        self.acts = Acts()
        self.storms: list[dict[str, Any]] = []
        self.seed = seed
        self.begun = time.time()
        self._learnt: dict[str, Programme] = {}
        self._ear: Ear | None = None
        super().__init__(*arguments, node_type=self._node, **options)
        self.broker = Broker(self.broker, self.acts)

    @property
    def node(self) -> Node:
        """The first node."""
        return next(iter(self.nodes.values()))

    @property
    def ear(self) -> Ear:
        """Knows every recording of the station, chime and siren, and what was learnt."""
        names = [*_BUILT_IN, *self.desk.audio.names(), *self._learnt]
        if self._ear is None or list(self._ear.programmes) != names:
            rate = self.site.audio.rate
            known = self._ear.programmes if self._ear else {name: built_in(name, rate, seconds) for name, seconds in _BUILT_IN.items()}
            known = known | {name: as_played(self.desk, name) for name in self.desk.audio.names() if name not in known} | self._learnt
            self._ear = Ear(known[name] for name in names)
        return self._ear

    def learn(self, programme: Programme) -> None:
        """Let the ear know something that is not among the station's recordings."""
        self._learnt[programme.name] = programme

    def client(self, station: str | None = None) -> Client:
        """An MQTT client with a station's account, which may hear and say everything."""
        user = station_user(station or self.station_name)
        password = self.keyring.station_password(station or self.station_name)
        return Client(self.broker.host, self.broker.port, user, password, self._authority, client_id=f"test-{user}")

    def node_client(self, node_id: str, will: Will | None = None) -> Client:
        """An MQTT client with a node's account, which may hear and say what that node may."""
        password = self.keyring.node(node_id).password
        return Client(self.broker.host, self.broker.port, node_id, password, self._authority, will)

    def fake_node(self, node_id: str) -> FakeNode:
        """A node made of nothing but MQTT, in the place of a simulated one."""
        return FakeNode(self.broker.host, self.broker.port, node_id, self.site, self.keyring, self._authority)

    @property
    def _authority(self) -> Path | None:
        return self.keyring.authority_file if self.broker.url.startswith("mqtts:") else None

    def _node(self, folder: Path, node_id: str, runtime: Runtime) -> Node:
        return Node(folder, node_id, runtime, self)

    def _process(self, post: Post) -> Station:
        return Station(post, self.desk, self.acts, self.places.folder)
