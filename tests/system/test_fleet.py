"""A fleet on the embedded broker: what is ordered sounds everywhere, and each node loses its power, its network and its run by itself."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import loa.demo
from loa import open_files
from loa.demo import record
from loa.errors import LoaError
from loa.sim.fleet import crew
from loa.sim.fleet.commune import FleetCommune
from loa.sim.fleet.messages import Boot, Sound
from loa.sim.fleet.spread import enlarged
from loa.sim.fleet.storm import FleetSubject
from loa.sim.storms import Fault, Weather
from loa.sim.storms import fault as kinds
from loa.sim.storms.fault import BROKER
from loa.site.load import load_site
from loa.site.model import Site

AREA = "son-la/moc-chau"
COUNT = 7


def demo_site() -> Site:
    return load_site(Path(loa.demo.__file__).parent / "site.toml").model_copy(update={"quiet": []})


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FleetCommune]:
    with FleetCommune(demo_site(), tmp_path_factory.mktemp("fleet"), COUNT, ledger=True) as running:
        running.wait_online()
        yield running


def until(fleet: FleetCommune, condition: Callable[[], object], what: str) -> None:
    fleet.commune.wait_until(condition, 30, what)


def has_sounded(fleet: FleetCommune, order: str) -> Callable[[], bool]:
    """True once every node has begun to sound an order, one after the other."""
    sounded: set[str] = set()

    def all_have() -> bool:
        sounded.update(event.node for event in fleet.crew.told() if isinstance(event, Sound) and event.key and order in event.key)
        return sounded == set(fleet.names)

    return all_have


def boots_of(fleet: FleetCommune, node: str) -> Callable[[], list[str]]:
    """All starts of a node from here on."""
    causes: list[str] = []

    def look() -> list[str]:
        causes.extend(event.cause for event in fleet.crew.told() if isinstance(event, Boot) and event.node == node)
        return causes

    return look


def online_at_the_desk(fleet: FleetCommune, node: str) -> bool:
    return next(status.online for status in fleet.commune.desk.status() if status.id == node)


def test_an_order_sounds_on_every_node_and_each_answers_and_proves_it(fleet: FleetCommune, tmp_path: Path) -> None:
    desk = fleet.commune.desk
    order = desk.sound(AREA, "chime")
    until(fleet, has_sounded(fleet, order), "the chime on every node")
    air = desk.documents.current("air", AREA)
    assert air is not None
    until(fleet, lambda: {ack["node"] for ack in desk.nodes.acks(air.id)} == set(fleet.names), "an answer of every node")
    given = air.body["orders"][-1]["from"]
    until(fleet, lambda: {proof.result for proof in desk.proofs(given, given + 60)} == {"complete"}, "a proof of play of every node")
    look = fleet.crew.look()
    assert look.underruns == 0
    assert look.sounded_s == pytest.approx(3.5 * COUNT, rel=0.05)
    told = json.loads(record.write(desk, tmp_path, given - 1, given + 60).read_text())
    assert {one["node"] for one in told["heard"]} == set(fleet.names)
    assert (tmp_path / "timeline.svg").exists()


def test_a_node_that_loses_power_is_missed_and_comes_back_by_itself(fleet: FleetCommune) -> None:
    node = fleet.names[-1]
    fleet.crew.told()
    fleet.crew.power([node], on=False)
    until(fleet, lambda: not online_at_the_desk(fleet, node), "its will")
    assert fleet.crew.look().powered == COUNT - 1
    boots = boots_of(fleet, node)
    fleet.crew.power([node], on=True)
    until(fleet, lambda: online_at_the_desk(fleet, node), "the node online again")
    assert boots() == ["power"]


def test_a_reboot_that_was_asked_for_resets_one_node_alone(fleet: FleetCommune) -> None:
    node = fleet.names[0]
    fleet.crew.told()
    boots = boots_of(fleet, node)
    fleet.commune.desk.command(node, "reboot")
    until(fleet, lambda: boots() == ["hard"], "its reset")
    assert not [event for event in fleet.crew.told() if isinstance(event, Boot)]
    fleet.wait_online()


def test_a_node_without_network_comes_back_with_it(fleet: FleetCommune) -> None:
    node = fleet.names[1]
    fleet.crew.link([node], up=False)
    until(fleet, lambda: not fleet.crew.nodes()[node][1], "the session's end")
    fleet.crew.link([node], up=True)
    fleet.wait_online()


def test_a_storm_passes_over_a_fleet_and_leaves_it_as_it_was(fleet: FleetCommune) -> None:
    one, two, three = fleet.names[:3]
    faults = [
        Fault(0.0, kinds.POWER_CUT, one, 1.0),
        Fault(0.0, kinds.FLICKER, two, 0.0, {"times": 2, "on_ms": [300, 300], "off_ms": [100, 100]}),
        Fault(0.0, kinds.LINK_CUT, three, 2.0, {"why": "full"}),
        Fault(0.5, kinds.STALL, three, 1.0),
        Fault(1.0, kinds.BROKER_RESTART, BROKER, 1.0, {"data": "without its data", "killed": True}),
        Fault(1.0, kinds.SLOW, fleet.names[3], 2.0, {"rate_kbit": 64, "delay_median": 300, "delay_sigma": 0.5}),
        Fault(0.0, kinds.CLOCK_JUMP, one, 6.0, {"seconds": 86_400}),
        Fault(0.0, kinds.CAPTIVE_PORTAL, two, 3.0),
        Fault(0.0, kinds.CALLBACKS_LOST, two, 0.0, {"count": 2}),
        Fault(0.0, kinds.FLASH_FULL, three, 3.0),
        Fault(0.0, kinds.SLOW_FLASH, fleet.names[4], 3.0),
        Fault(0.0, kinds.ORIGIN_ERRORS, two, 3.0, {"manner": "a reset"}),
    ]
    fleet.crew.told()
    ended: list[str] = []
    told: list[Boot] = []

    def all_over() -> bool:
        told.extend(event for event in fleet.crew.told() if isinstance(event, Boot))
        return len(ended) == 10 and len(told) >= 3

    with Weather(FleetSubject(fleet), faults, lambda _at, _who, what: ended.append(what) if "over" in what else None, apart=False):
        until(fleet, lambda: not fleet.crew.nodes()[three][1], "the network to be gone")
        until(fleet, all_over, "the end of the storm")
    fleet.wait_online()
    assert {event.node for event in told} == {one, two}
    assert [event.node for event in told].count(two) == 2
    order = fleet.commune.desk.sound(AREA, "chime")
    until(
        fleet, has_sounded(fleet, order), f"{order} on every node"
    )  # later on the one that came up with the wrong time: its clock is put right first


def test_an_order_reaches_nodes_behind_a_bad_network(tmp_path: Path) -> None:
    with FleetCommune(demo_site(), tmp_path, 3, ledger=True, seed=7, profile="mobile-4g") as far:
        far.wait_online()
        order = far.commune.desk.sound(AREA, "siren")
        until(far, lambda: far.crew.look().air.total() == 3, f"{order} on every node")


def test_a_site_grows_over_its_hamlets() -> None:
    grown = enlarged(demo_site(), "moc-chau", 3_000)
    areas = [node.area for node in grown.nodes.values()]
    assert len(grown.nodes) == 3_000
    assert {areas.count(area) for area in set(areas)} == {1_000}
    assert set(demo_site().nodes) <= set(grown.nodes)
    assert set(enlarged(demo_site(), "moc-chau", 2).nodes) == {"ban-hin-1", "ban-la-1"}


@pytest.mark.parametrize("count", [0, 1_000_000])
def test_a_count_that_cannot_be_is_refused(count: int) -> None:
    with pytest.raises(LoaError, match="cannot be simulated"):
        enlarged(demo_site(), "moc-chau", count)


def test_too_many_nodes_for_the_open_files_of_this_host_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_files, "allow", lambda wanted: 1024)
    with pytest.raises(LoaError, match="1024 open files") as refused:
        crew.allow_files(2_000)
    assert "824" in str(refused.value.hint)
