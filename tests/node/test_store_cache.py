"""The cache holds nothing but whole and proven files, whatever the server does, and goes on where it stopped."""

import os

from support_cache import A, B, Bench
from support_files import variant
from support_store import ON_FLASH, run

from node.refusal import DAMAGED, HASH, HTTP_STATUS, LENGTH, UNREACHABLE


def test_fetch_once_and_keep_over_a_boot():
    bench = Bench()
    path = run(bench.fetch(A))
    assert path == bench.cache.path(variant(A)["sha256"]) and bench.holds(A)
    assert run(bench.fetch(A)) == path
    assert bench.offsets() == [0]
    assert bench.files() == [variant(A)["sha256"]] == bench.cache.stored()
    used = bench.cache.used
    assert used == 32768
    bench.boot()
    assert bench.holds(A) and bench.cache.used == used
    bench.done()


def test_a_broken_connection_goes_on_by_range_over_a_boot():
    bench = Bench()
    bench.server.manners = [("breaks", 10_000), "down", ("breaks", 9_000)]
    bench.refused(A, UNREACHABLE)
    bench.refused(A, UNREACHABLE)
    bench.boot()
    bench.refused(A, UNREACHABLE)
    run(bench.fetch(A))
    assert bench.holds(A)
    assert bench.offsets() == [0, 9216, 9216, 17408]
    bench.done()


def test_a_server_without_range_begins_anew():
    bench = Bench()
    bench.server.manners = [("breaks", 10_000), "whole"]
    bench.refused(A, UNREACHABLE)
    run(bench.fetch(A))
    assert bench.holds(A) and bench.offsets() == [0, 9216]
    bench.done()


def test_every_wrong_answer_has_its_code_and_leaves_nothing_wrong():
    for manner, code in (
        (404, HTTP_STATUS),
        (500, HTTP_STATUS),
        (302, HTTP_STATUS),
        ("part", HTTP_STATUS),
        (("short", 20_000), LENGTH),
        (("short", 0), LENGTH),
        (("silent short", 20_000), LENGTH),
        (("long", 1), LENGTH),
        (("silent long", 1), LENGTH),
        ("lies", HASH),
        ("down", UNREACHABLE),
    ):
        bench = Bench()
        bench.server.manners = [manner]
        bench.refused(A, code)
        run(bench.fetch(A))
        assert bench.holds(A) and bench.files() == [variant(A)["sha256"]], manner
        bench.done()


def test_every_wrong_answer_to_a_range():
    for manner, code in (
        ("shifted", HTTP_STATUS),
        ("nowhere", HTTP_STATUS),
        ("other total", LENGTH),
        (416, HTTP_STATUS),
        (404, HTTP_STATUS),
        (("short", 20_000), LENGTH),
        (("short", 100), HTTP_STATUS),
        ("lies", HASH),
    ):
        bench = Bench()
        bench.server.manners = [("breaks", 10_000), manner]
        bench.refused(A, UNREACHABLE)
        bench.refused(A, code)
        run(bench.fetch(A))
        assert bench.holds(A) and bench.offsets()[1] == 9216, manner
        bench.done()


def test_a_body_without_a_length_that_fits_is_taken():
    bench = Bench()
    bench.server.manners = ["silent"]
    run(bench.fetch(A))
    assert bench.holds(A)
    bench.done()


def test_damaged_partial_files_cost_one_try_at_most():
    bench = Bench()
    bench.server.manners = [("breaks", 10_000)]
    bench.refused(A, UNREACHABLE)
    part = bench.disk.path + "/cache/" + variant(A)["sha256"] + ".part"
    with open(part, "wb") as file:
        file.write(b"x" * 8192)
    bench.boot()
    bench.refused(A, HASH)
    run(bench.fetch(A))
    assert bench.holds(A)
    for left in (b"x" * 40_000, A):
        bench.done()
        bench = Bench()
        with open(bench.disk.path + "/cache/" + variant(A)["sha256"] + ".part", "wb") as file:
            file.write(left)
        bench.boot()
        run(bench.fetch(A))
        assert bench.holds(A) and bench.offsets() == ([0] if left != A else [])
    bench.done()


def test_foreign_files_are_removed_at_boot():
    bench = Bench()
    for name in ("readme", "x.part", "f.new"):
        with open(bench.disk.path + "/cache/" + name, "wb") as file:
            file.write(b"x")
    bench.boot()
    assert bench.files() == [] and bench.cache.used == 0
    bench.done()


def test_what_cannot_be_read_is_a_refusal_and_others_go_on():
    if ON_FLASH:
        return  # littlefs gives a folder a size of chance, and lets it be removed as a file
    bench = Bench()
    os.mkdir(bench.disk.path + "/cache/" + variant(A)["sha256"] + ".part")
    bench.refused(A, DAMAGED)
    run(bench.fetch(B))
    assert bench.holds(B)
    bench.done()
