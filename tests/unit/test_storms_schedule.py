"""Storms: the same seed brings the same faults, and the figures of paths are those that simulations are compared by."""

import json
import socket
import threading
import time
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loa.errors import LoaError
from loa.sim.hardware import path, surroundings
from loa.sim.hardware.lot import Lot
from loa.sim.storms import KINDS, NAMES, Fault, Weather, schedule
from loa.sim.storms.fault import BROKER, LINK_CUT
from loa.sim.storms.imposter import PORTAL, Imposter, Imposters
from loa.sim.storms.profiles import crystal, names, profile
from loa.sim.storms.weather import write_down

STORM = st.sampled_from(NAMES)
SEED = st.integers(0, 2**40)
NODES = st.lists(st.from_regex(r"[a-z][a-z0-9-]{0,11}", fullmatch=True), min_size=1, max_size=3, unique=True)
SECONDS = st.floats(0, 900)
FEW = settings(max_examples=30, deadline=None)


@FEW
@given(STORM, SEED, NODES, SECONDS)
def test_a_storm_is_a_pure_function_of_its_seed(name, seed, nodes, seconds):
    faults = schedule(name, seed, nodes, seconds)
    assert faults == schedule(name, seed, nodes, seconds)
    assert list(faults) == sorted(faults, key=lambda fault: fault.at_s)
    assert all(0 < fault.at_s < seconds and fault.kind in KINDS and fault.who in [*nodes, BROKER] for fault in faults)
    assert all(fault.says and fault.lasts_s >= 0 for fault in faults)
    json.dumps([fault.as_dict() for fault in faults])


@FEW
@given(STORM, SEED, NODES, SECONDS)
def test_a_longer_storm_begins_as_the_shorter_one(name, seed, nodes, seconds):
    short = schedule(name, seed, nodes, seconds)
    assert [fault for fault in schedule(name, seed, nodes, seconds + 600) if fault.at_s < seconds] == list(short)


@FEW
@given(STORM, SEED, NODES)
def test_what_befalls_a_node_does_not_depend_on_the_others(name, seed, nodes):
    alone = [fault for fault in schedule(name, seed, nodes[:1], 600) if fault.who != BROKER]
    assert alone == [fault for fault in schedule(name, seed, nodes, 600) if fault.who == nodes[0]]


@FEW
@given(STORM, SEED, NODES)
def test_a_fault_is_over_before_the_next_of_its_kind_begins(name, seed, nodes):
    ends = {}
    for fault in schedule(name, seed, nodes, 1_200):
        key = (fault.kind, fault.who)
        assert fault.at_s >= ends.get(key, 0)
        ends[key] = fault.ends_s


def test_other_seeds_bring_other_storms_and_a_monsoon_brings_every_kind():
    assert schedule("power", 1, ["a"], 600) != schedule("power", 2, ["a"], 600)
    assert {fault.kind for fault in schedule("monsoon", 1, ["a"], 3_600)} == set(KINDS)
    assert schedule("calm", 1, ["a"], 3_600) == ()


def test_unknown_storms_and_profiles_are_refused_with_what_there_is():
    with pytest.raises(LoaError, match='no storm "monson"\ndid you mean "monsoon"'):
        schedule("monson", 1, ["a"], 60)
    with pytest.raises(LoaError, match='no profile "wifi"\nthe profiles are: lan, village-wifi, mobile-4g, mobile-4g-edge'):
        profile("wifi")
    with pytest.raises(LoaError, match="no profile"):
        profile("crystal")


def test_profiles_have_the_figures_that_a_path_needs_and_a_path_takes_them():
    assert names() == ("lan", "village-wifi", "mobile-4g", "mobile-4g-edge")
    for name in names():
        figures = profile(name)
        assert figures.keys() == path.BARE.keys()
        assert path.Path(figures, 1, 0).datagram(path.UP, 48, 0) != 0
    assert crystal().keys() == surroundings.calm()["crystal"].keys()


def test_figures_of_paths_and_crystal_are_those_that_were_agreed():
    assert profile("village-wifi") == {
        "delay_median": 3,
        "delay_sigma": 0.9,
        "asymmetry": 1,
        "loss": 0.01,
        "stalls_per_hour": 20,
        "stall": [100, 1500],
        "rate_kbit": 4000,
    }
    assert (
        profile("mobile-4g-edge")["stall"] == [500, 15000]
        and profile("mobile-4g")["loss"] == 0.005
        and profile("lan")["rate_kbit"] == 100000
    )
    assert crystal() == {"offset_ppm": [-20, 20], "temperature_ppm": 8, "wander_ppm_per_sqrt_hour": 0.5}


class Broken:
    """A subject that notes what is done to it."""

    def __init__(self, failing=None):
        self.acts = []
        self.begun = threading.Event()
        self._failing = failing

    def check(self, faults):
        self.acts.append("check")

    def begin(self, fault):
        if fault.who == self._failing:
            raise LoaError("it cannot be broken")
        self.acts.append(("begin", fault.who))
        self.begun.set()

    def end(self, fault):
        self.acts.append(("end", fault.who))


def test_weather_begins_and_ends_faults_and_tells_of_both():
    subject, told = Broken(), []
    faults = [Fault(0.0, LINK_CUT, "a", 0.01, {"why": "full"}), Fault(0.02, LINK_CUT, "b", 600.0, {"why": "full"})]
    with Weather(subject, faults, lambda at, who, what: told.append((who, what))) as weather:
        while len(subject.acts) < 4 or weather.hits("a"):
            time.sleep(0.001)
        assert weather.hits("b") and not weather.hits("a") and not weather.hits("nobody")
    assert subject.acts == ["check", ("begin", "a"), ("end", "a"), ("begin", "b"), ("end", "b")]
    assert [who for who, _ in told] == ["a", "a", "b", "b"] and told[0][1] == "the access point lets nobody in: full"


def test_an_error_of_the_subject_ends_the_storm_and_is_raised_after_everything_is_mended():
    subject = Broken("bad")
    with (
        pytest.raises(LoaError, match="cannot be broken"),
        Weather(
            subject, [Fault(0.0, LINK_CUT, "ok", 600.0, {"why": "full"}), Fault(0.05, LINK_CUT, "bad", 1.0, {"why": "full"})]
        ) as weather,
    ):
        assert subject.begun.wait(30)
        while weather._failure is None:
            time.sleep(0.001)
    assert ("end", "ok") in subject.acts


def test_a_storm_is_kept_with_its_name_seed_and_faults(tmp_path):
    faults = schedule("power", 5, ["a"], 300)
    write_down(tmp_path / "storm.json", "power", 5, faults, profile="lan")
    kept = json.loads((tmp_path / "storm.json").read_text())
    assert (kept["storm"], kept["seed"], kept["profile"]) == ("power", 5, "lan")
    assert [Fault(**fault) for fault in kept["faults"]] == list(faults)


def test_imposters_answer_as_they_are_told():
    with Imposter(PORTAL) as portal:
        assert b"accept the terms" in urlopen(f"http://127.0.0.1:{portal.port}/x").read()
    with Imposter("status 503") as broken, pytest.raises(HTTPError) as refused:
        urlopen(f"http://127.0.0.1:{broken.port}/x")
    assert refused.value.code == 503
    with Imposter("half an answer") as half, urlopen(f"http://127.0.0.1:{half.port}/x") as answer:
        assert len(answer.read(10_000_000)) < int(answer.headers["Content-Length"])
    with Imposter("a reset") as rude, pytest.raises((URLError, ConnectionResetError)):
        urlopen(f"http://127.0.0.1:{rude.port}/x")


def test_an_imposter_ends_though_somebody_hangs_on():
    imposter = Imposter("status 404")
    with socket.create_connection(("127.0.0.1", imposter.port)) as silent:
        silent.sendall(b"G")
        imposter.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", imposter.port))


def test_one_that_says_nothing_holds_up_nobody_else():
    with Imposter("status 404") as imposter, socket.create_connection(("127.0.0.1", imposter.port)), pytest.raises(HTTPError, match="404"):
        urlopen(f"http://127.0.0.1:{imposter.port}/x", timeout=3)


def test_an_imposter_stands_for_as_long_as_anybody_needs_it():
    imposters = Imposters()
    for _ in range(2):
        imposters.need(PORTAL)
    port = imposters.port(PORTAL)
    imposters.release(PORTAL)
    assert b"accept the terms" in urlopen(f"http://127.0.0.1:{port}/x").read()
    imposters.release(PORTAL)
    with pytest.raises(URLError):
        urlopen(f"http://127.0.0.1:{port}/x")


def test_lots_of_different_purposes_are_apart():
    assert len({Lot("x", purpose).below(1 << 30) for purpose in range(200)}) == 200
