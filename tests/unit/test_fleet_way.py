"""The way between a node of a fleet and the world: bytes keep their order and none is lost, whatever the path does; ticks and sound run from one crystal."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st
from support_fleet import Bench

from loa.sim.fleet.chip import Chip, World
from loa.sim.fleet.runtime import time_twin
from loa.sim.fleet.timing import VirtualClock, VirtualLoop, Wheel
from loa.sim.fleet.way import Way
from loa.sim.hardware.path import DOWN, UP
from loa.sim.storms import profiles


def travel(profile, story, lot="1/a"):
    """Run `story(chip)` in virtual time on a node with the path of that name."""
    clock = VirtualClock(1_700_000_000_000_000)
    loop = VirtualLoop(clock)

    async def run():
        world = World(clock, Wheel(clock, asyncio.get_running_loop()))
        path = {"path": profiles.profile(profile)} if profile else {}
        return await story(Chip(world, "a", {}, 16, 8, 1, lot=lot, **path))

    try:
        return loop.run_until_complete(run())
    finally:
        loop.close()


async def sent(chip, pieces, came):
    way = Way(chip)
    await way.opened()
    for direction, piece in pieces:
        way.carry(direction, piece, lambda data, direction=direction: came.append((direction, data, chip.world.clock.now_us())))
        await asyncio.sleep(0.001)
    await asyncio.sleep(600)


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.tuples(st.sampled_from((UP, DOWN)), st.binary(min_size=1, max_size=3000)), max_size=12),
    st.sampled_from(["", "lan", "village-wifi", "mobile-4g", "mobile-4g-edge"]),
    st.integers(0, 1000),
)
def test_everything_arrives_once_and_in_order(pieces, profile, seed):
    came = []
    travel(profile, lambda chip: sent(chip, pieces, came), f"{seed}/a")
    for way in (UP, DOWN):
        assert [data for direction, data, _ in came if direction == way] == [data for direction, data in pieces if direction == way]


def test_the_same_seed_is_the_same_way_and_another_another():
    def times(lot):
        came = []
        travel("mobile-4g", lambda chip: sent(chip, [(UP, b"a"), (DOWN, b"b")], came), lot)
        return [at for _, _, at in came]

    assert times("7/a") == times("7/a") != times("8/a")
    assert min(times("7/a")) > 5_000


def test_without_a_path_all_is_there_at_once_and_in_a_stall_behind_it():
    async def story(chip):
        came = []
        way = Way(chip)
        way.carry(UP, b"one", came.append)
        assert came == [b"one"]
        chip.stalled = True
        way.carry(UP, b"two", came.append)
        await asyncio.sleep(5)
        assert came == [b"one"]
        chip.stalled = False
        way.carry(UP, b"three", came.append)
        await asyncio.sleep(1)
        assert came == [b"one", b"two", b"three"]

    travel("", story)


def test_what_was_dropped_never_arrives():
    async def story(chip):
        came = []
        way = Way(chip)
        way.carry(UP, b"one", came.append)
        way.drop()
        await asyncio.sleep(60)
        assert came == []

    travel("lan", story)


def test_ticks_run_off_as_the_crystal_does():
    bench = Bench(crystal={"offset_ppm": [20, 20], "temperature_ppm": 0, "wander_ppm_per_sqrt_hour": 0})
    ticks = time_twin(bench.chip.world)
    began = bench.run(ticks.ticks_us)
    bench.clock.us += 100_000_000
    assert ticks.ticks_diff(bench.run(ticks.ticks_us), began) == 100_002_000
