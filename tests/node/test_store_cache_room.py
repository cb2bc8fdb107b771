"""The cache keeps to its quota, and knows what may be removed for what is needed sooner."""

from support_cache import A, B, Bench, C, content
from support_files import variant
from support_store import ON_FLASH, Disk, run

from node.refusal import FULL, TOO_LARGE


def test_room_is_made_of_what_is_needed_last():
    bench = Bench(quota=16 * 4096)
    for what in (A, B, C):
        run(bench.fetch(what))
    assert bench.cache.used == (8 + 3 + 2) * 4096
    other = content(4, 20_000)  # 5 blocks, 3 are free
    bench.server.contents[variant(other)["sha256"]] = other
    bench.cache.keep([variant(what)["sha256"] for what in (A, C, B)])
    run(bench.fetch(other))  # outside the list: needed now, so the last of the list goes
    assert bench.holds(A) and bench.holds(C) and bench.holds(other) and not bench.holds(B)
    bench.cache.keep([variant(what)["sha256"] for what in (A, C, B)])
    run(bench.fetch(B))  # and now what is not in the list
    assert bench.holds(A) and bench.holds(C) and bench.holds(B) and not bench.holds(other)
    bench.done()


def test_nothing_goes_before_it_is_known_what_is_needed():
    bench = Bench(quota=12 * 4096)
    run(bench.fetch(A))
    run(bench.fetch(C))
    bench.refused(B, FULL)
    assert bench.holds(A) and bench.holds(C)
    bench.cache.keep([])
    run(bench.fetch(B))
    bench.done()


def test_what_is_needed_sooner_or_plays_stays():
    bench = Bench(quota=12 * 4096)
    run(bench.fetch(A))
    run(bench.fetch(C))
    sha = [variant(what)["sha256"] for what in (A, C, B)]
    bench.cache.keep(sha)
    bench.refused(B, FULL)
    assert bench.holds(A) and bench.holds(C) and len(bench.files()) == 2
    bench.cache.keep([sha[2]])
    bench.cache.hold(sha[0])
    bench.cache.hold(sha[1])
    bench.refused(B, FULL)
    bench.cache.release(sha[1])
    run(bench.fetch(B))
    assert bench.holds(A) and bench.holds(B) and not bench.holds(C)
    bench.done()


def test_more_than_the_quota_is_refused_before_a_request():
    bench = Bench(quota=7 * 4096)
    run(bench.fetch(C))
    bench.refused(A, TOO_LARGE)
    assert bench.holds(C) and len(bench.server.requests) == 1
    bench.done()


def test_a_full_file_system_is_full_and_leaves_room():
    if not ON_FLASH:
        return
    bench = Bench(disk=Disk(12))
    large = content(6, 60_000)
    bench.server.contents[variant(large)["sha256"]] = large
    bench.refused(large, FULL)
    assert bench.files() == [] and bench.cache.used == 0
    run(bench.fetch(B))
    assert bench.holds(B)
    bench.done()
