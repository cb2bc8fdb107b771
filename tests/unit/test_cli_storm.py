"""The storm of `loa sim`: what is asked for is checked before anything starts, and can be asked for again."""

from types import SimpleNamespace

import pytest

from loa.cli.storm import chosen, passing, says, surround
from loa.errors import LoaError
from loa.sim.node import SimulatedNode
from loa.sim.runtime import cpython, find_runtime
from loa.sim.storms import Fault
from loa.sim.storms.commune import CommuneSubject
from loa.sim.storms.fault import BROKER, BROKER_RESTART, DNS_DEAD, LINK_CUT, LOSS, SLOW, STALL
from loa.sim.storms.profiles import crystal, profile


def commune(tmp_path, runtime=None, log_file="log"):
    runtime = runtime or find_runtime()
    nodes = {name: SimulatedNode(tmp_path / name, name, runtime) for name in ("one", "two")}
    broker = SimpleNamespace(log_file=log_file, url="mqtts://elsewhere:8883")
    return SimpleNamespace(nodes=nodes, runtime=runtime, broker=broker, places=SimpleNamespace(folder=tmp_path))


def test_what_does_not_exist_is_refused_and_a_seed_is_drawn():
    with pytest.raises(LoaError, match="no storm"):
        chosen("hurricane", 1, "")
    with pytest.raises(LoaError, match='no profile "village"\ndid you mean "village-wifi"'):
        chosen("power", 1, "village")
    assert chosen("power", 7, "lan").seed == 7
    assert chosen("power", None, "").seed >= 0


def test_it_is_said_how_to_have_the_storm_again():
    assert says(chosen("power", 7, "village-wifi")) == "storm power; again with: --storm power --seed 7 --profile village-wifi"
    assert says(chosen("calm", 7, "")) == ""


def test_path_and_crystal_stand_around_each_node_with_a_seed_of_its_own(tmp_path):
    fleet = commune(tmp_path)
    surround(fleet, chosen("power", 7, "village-wifi"))
    one, two = (node.surroundings for node in fleet.nodes.values())
    assert one["path"] == profile("village-wifi") and one["crystal"] == crystal()
    assert (one["seed"], two["seed"]) == ("7/one", "7/two")


def test_faults_of_a_node_are_laid_over_each_other_and_taken_away_again(tmp_path):
    fleet = commune(tmp_path)
    surround(fleet, chosen("calm", 7, "lan"))
    calm = fleet.nodes["one"].surroundings
    subject = CommuneSubject(fleet)
    faults = [
        Fault(0, LINK_CUT, "one", 9, {"why": "full"}),
        Fault(0, SLOW, "one", 9, {"rate_kbit": 32, "delay_median": 400, "delay_sigma": 0.5}),
        Fault(0, LOSS, "one", 9, {"loss": 0.4}),
        Fault(0, DNS_DEAD, "one", 9),
        Fault(0, STALL, "one", 9),
    ]
    for fault in faults:
        subject.begin(fault)
    around = fleet.nodes["one"].surroundings
    assert around["link"] == "full" and not around["dns"] and around["stalled_ns"] > 0
    assert around["path"] == profile("lan") | {"rate_kbit": 32, "delay_median": 400, "delay_sigma": 0.5, "loss": 0.4}
    assert fleet.nodes["two"].surroundings["path"] == profile("lan")
    for fault in faults:
        subject.end(fault)
    assert fleet.nodes["one"].surroundings == calm


def test_a_storm_that_the_commune_cannot_have_is_refused_before_it_begins(tmp_path):
    with pytest.raises(LoaError, match="CPython have no dns-dead"):
        CommuneSubject(commune(tmp_path, cpython("asked for"))).check([Fault(1, DNS_DEAD, "one", 1)])
    with pytest.raises(LoaError, match="not ours to restart"):
        CommuneSubject(commune(tmp_path, log_file=None)).check([Fault(1, BROKER_RESTART, BROKER, 1)])


def test_the_same_seed_is_kept_as_the_same_faults(tmp_path):
    kept = []
    for _ in range(2):
        with passing(commune(tmp_path), chosen("power", 7, "lan"), 600):
            kept.append((tmp_path / "storm.json").read_text())
    assert kept[0] == kept[1] and '"storm": "power"' in kept[0]
