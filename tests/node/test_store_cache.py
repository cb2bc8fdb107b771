"""The cache holds nothing but whole and proven files, whatever the server does, goes on where it stopped, and knows what may be removed."""

import asyncio
import os

from support_files import ADDRESS, Server, variant
from support_store import ON_FLASH, Disk, names, run

from loa.sim.hardware.flash import Power, PowerCut
from node.refusal import DAMAGED, FULL, HASH, HTTP_STATUS, LENGTH, TOO_LARGE, UNREACHABLE, Refused
from node.store.cache import Cache
from node.store.gate import EraseGate

QUOTA = 160_000


def content(seed, size):
    return bytes((seed * 31 + place * 7 + (place >> 8)) & 0xFF for place in range(size))


A = content(1, 30_000)
B = content(2, 9_000)
C = content(3, 4_096)


class Bench:
    """A cache on a disk, and a server that has A, B and C."""

    def __init__(self, quota=QUOTA, disk=None):
        self.disk = disk or Disk()
        self.server = Server(A, B, C)
        self.quota = quota
        self.boot()

    def boot(self, power=None):
        self.disk.boot(power)
        self.gate = EraseGate()
        self.cache = Cache(self.disk.path + "/cache", self.quota, self.gate)
        run(self.cache.load())

    def fetch(self, what):
        return self.cache.fetch(self.server.get, ADDRESS, variant(what))

    def refused(self, what, code):
        try:
            run(self.fetch(what))
        except Refused as refused:
            assert refused.code == code, refused
            assert self.cache.path(variant(what)["sha256"]) is None
            assert all(response.closed for response in self.server.responses)
            return
        raise AssertionError("not refused")

    def holds(self, what):
        path = self.cache.path(variant(what)["sha256"])
        if path is None:
            return False
        with open(path, "rb") as file:
            assert file.read() == what
        return True

    def files(self):
        return names(self.disk.path + "/cache")

    def offsets(self):
        return [start for _, start in self.server.requests]

    def done(self):
        self.disk.close()


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
    assert bench.offsets() == [0, 8192, 8192, 16384]
    bench.done()


def test_a_server_without_range_begins_anew():
    bench = Bench()
    bench.server.manners = [("breaks", 10_000), "whole"]
    bench.refused(A, UNREACHABLE)
    run(bench.fetch(A))
    assert bench.holds(A) and bench.offsets() == [0, 8192]
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
        assert bench.holds(A) and bench.offsets()[1] == 8192, manner
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


def test_sound_stops_a_download_and_silence_resumes_it():
    bench = Bench()

    async def life():
        def sound_starts(response):
            if response.given >= 10_000:
                bench.gate.close()

        bench.server.before = sound_starts
        task = asyncio.create_task(bench.fetch(A))
        while bench.gate.open:
            await asyncio.sleep_ms(0)
        for _ in range(30):
            await asyncio.sleep_ms(0)
        assert bench.server.responses[0].closed and len(bench.server.requests) == 1
        written = bench.disk.flash.power.writes if ON_FLASH else None
        for _ in range(30):
            await asyncio.sleep_ms(0)
        assert not ON_FLASH or bench.disk.flash.power.writes == written
        bench.server.before = lambda response: None
        bench.gate.reopen()
        await task

    run(life())
    assert bench.holds(A) and bench.offsets() == [0, 8192]
    bench.done()


def test_a_download_given_up_while_sound_is_out_writes_nothing():
    bench = Bench()

    async def life():
        def sound_starts(response):
            if response.given >= 10_000:
                bench.gate.close()

        bench.server.before = sound_starts
        task = asyncio.create_task(bench.fetch(A))
        while bench.gate.open:
            await asyncio.sleep_ms(0)
        written = bench.disk.flash.power.writes if ON_FLASH else None
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            pass
        assert not ON_FLASH or bench.disk.flash.power.writes == written
        assert bench.server.responses[0].closed
        bench.server.before = lambda response: None
        bench.gate.reopen()
        await bench.fetch(A)

    run(life())
    assert bench.holds(A) and bench.offsets() == [0, 8192]
    bench.done()


def test_two_who_want_one_file_download_it_once():
    bench = Bench()

    async def life():
        return await asyncio.gather(bench.fetch(A), bench.fetch(A), bench.fetch(A))

    paths = run(life())
    assert bench.holds(A) and bench.offsets() == [0] and len(set(paths)) == 1
    bench.done()


def test_who_waits_for_another_download_tries_when_that_fails():
    bench = Bench()
    bench.server.manners = ["lies"]

    async def first():
        try:
            await bench.fetch(A)
        except Refused as refused:
            return refused.code

    async def life():
        return await asyncio.gather(first(), bench.fetch(A))

    assert run(life())[0] == HASH
    assert bench.holds(A)
    bench.done()


def test_a_newer_download_interrupts_an_older_one():
    bench = Bench()
    finished = []

    async def fetch(what, name):
        await bench.fetch(what)
        finished.append(name)

    async def life():
        first = asyncio.create_task(fetch(A, "A"))
        while not bench.server.responses or bench.server.responses[0].given < 5000:
            await asyncio.sleep_ms(0)
        await asyncio.gather(first, fetch(B, "B"))

    run(life())
    assert finished == ["B", "A"] and bench.holds(A) and bench.holds(B)
    bench.done()


def test_power_cut_at_every_write_of_a_download():
    if not ON_FLASH:
        return
    for tear in (0, 2, 4):
        cut_at = 1
        while _cut_fetch(cut_at, tear):
            cut_at += 1
        assert cut_at > 15


def _cut_fetch(cut_at, tear):
    bench = Bench(disk=Disk(32))
    run(bench.fetch(C))
    bench.disk.boot(Power(cut_at, tear))
    bench.gate = EraseGate()
    bench.cache = Cache(bench.disk.path + "/cache", QUOTA, bench.gate)
    try:
        run(bench.cache.load())
        run(bench.fetch(A))
        return False
    except PowerCut:
        bench.boot()
        bench.holds(A)
        assert bench.holds(C)
        run(bench.fetch(A))
        assert bench.holds(A) and bench.holds(C) and len(bench.files()) == 2
    finally:
        bench.done()
    return True


class Worn(Power):
    """Flash that refuses one write, as `esp32.Partition` does with a chip that reports an error."""

    def spend(self):
        failing = super().spend()
        if failing:
            self.on = True
            raise OSError(5)
        return False


def test_a_write_that_flash_refuses_is_a_refusal_and_the_next_try_succeeds():
    if not ON_FLASH:
        return
    failed = 0
    for number in range(1, 60):
        bench = Bench(disk=Disk(32))
        run(bench.fetch(C))
        bench.boot(Worn(number))
        try:
            run(bench.fetch(A))
        except Refused as refused:
            assert refused.code == DAMAGED
            failed += 1
        bench.boot()
        run(bench.fetch(A))
        assert bench.holds(A) and bench.holds(C)
        bench.done()
    assert failed > 10


def test_what_cannot_be_read_is_a_refusal_and_others_go_on():
    if ON_FLASH:
        return  # littlefs gives a folder a size of chance, and lets it be removed as a file
    bench = Bench()
    os.mkdir(bench.disk.path + "/cache/" + variant(A)["sha256"] + ".part")
    bench.refused(A, DAMAGED)
    run(bench.fetch(B))
    assert bench.holds(B)
    bench.done()
