"""The boards of a fleet: their flash, ring and files behave as the emulated board's and the real one's do."""

import errno

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support_fleet import Bench

from loa.sim.fleet.chip import PowerCut
from loa.sim.fleet.filing import fill, open_file, os_twin
from loa.sim.fleet.ledger import DEPTH_MIN, Ledger
from loa.sim.hardware.dma import DmaRing, Transmitter
from loa.sim.hardware.flash import BLOCK, NorFlash, blank

BLOCKS = 3
operations = st.lists(
    st.one_of(
        st.tuples(st.just("program"), st.integers(0, BLOCKS * BLOCK - 64), st.binary(min_size=1, max_size=64)),
        st.tuples(st.just("erase"), st.integers(0, BLOCKS - 1)),
        st.tuples(st.just("write"), st.integers(0, BLOCKS - 1), st.binary(min_size=1, max_size=64)),
    ),
    max_size=12,
)


@given(operations)
def test_sparse_flash_is_nor_flash(steps):
    ours, theirs = Bench(journal_blocks=BLOCKS).chip.journal, NorFlash(blank(BLOCKS))
    for name, *rest in steps:
        for flash in (ours, theirs):
            if name == "program":
                flash.writeblocks(rest[0] // BLOCK, rest[1], rest[0] % BLOCK)
            elif name == "erase":
                flash.ioctl(6, rest[0])
            else:
                flash.writeblocks(rest[0], rest[1])
    read = [bytearray(BLOCKS * BLOCK), bytearray(BLOCKS * BLOCK)]
    ours.readblocks(0, read[0])
    theirs.readblocks(0, read[1])
    assert read[0] == read[1]
    assert ours.violations == len(theirs.violations)


def test_flash_and_files_take_nothing_without_power():
    bench = Bench({"kept": b"old"})
    file = bench.run(open_file, "/kept", "ab")
    bench.chip.power_off()
    for write in (
        lambda: bench.chip.journal.writeblocks(0, b"\0", 0),
        lambda: bench.chip.journal.ioctl(6, 0),
        lambda: file.write(b"new"),
        lambda: bench.run(os_twin().rename, "/kept", "/other"),
    ):
        with pytest.raises(PowerCut):
            write()
    assert bytes(bench.chip.files["kept"]) == b"old"


def make_ledger(bench, rate, depth, heard):
    bench.chip.on_sound = heard.append
    return bench.run(Ledger, 0, sck=1, ws=2, sd=3, mode=Ledger.TX, bits=16, format=Ledger.MONO, rate=rate, ibuf=depth * 512)


@given(st.lists(st.integers(0, 120_000), min_size=1, max_size=30), st.integers(DEPTH_MIN, 24), st.sampled_from([16_000, 24_000, 48_000]))
def test_the_ledgers_ring_copies_when_the_emulated_ring_does(pauses, depth, rate):
    """Each write of two buffers is told as copied on the same tick, however long the writer waited before it."""
    bench, copied, expected = Bench(), [], []
    i2s = make_ledger(bench, rate, depth, [])
    i2s.irq(lambda _: copied.append(bench.clock.us))
    now = 0
    ring = DmaRing(depth, 2, rate, lambda buffer: None, 0)
    transmitter = Transmitter(ring, lambda: expected.append(now), 0, 10_000)
    for pause in pauses:
        at = (copied[-1] if copied else 0) + pause + 1
        for tick in range(now // 10_000 + 1, at // 10_000 + 1):
            now = tick * 10_000
            transmitter.run(now)
        bench.ticks.turn_to(at)
        i2s.write(b"\1" * 1024)
        transmitter.write(b"\1" * 1024)
        while len(expected) < len(copied) + 1:
            now += 10_000
            transmitter.run(now)
        bench.ticks.turn_to(now)
        assert copied == expected


@given(st.floats(-30, 30), st.integers(0, 24 * 3_600_000_000))
@example(-7.866, 77_398_000_000)
def test_a_write_is_copied_however_far_the_crystal_has_run_off(ppm, begun_us):
    """A fleet's clock leaps: hours may have passed since its crystal was last looked after."""
    bench, copied = Bench(crystal={"offset_ppm": [ppm, ppm], "temperature_ppm": 0, "wander_ppm_per_sqrt_hour": 0}), []
    bench.clock.us = begun_us
    i2s = make_ledger(bench, 24_000, 24, [])
    i2s.irq(lambda _: copied.append(bench.clock.us))
    for number in range(100):
        i2s.write(b"\1" * 4096)  # 85 ms
        bench.ticks.turn_to(bench.clock.us + 80_000)
        if len(copied) == number:
            bench.ticks.turn_to(bench.clock.us + 20_000)
        assert len(copied) == number + 1
    assert bench.chip.underruns == 0


def test_the_ledger_tells_when_sound_began_and_how_long_it_lasted():
    bench, heard = Bench(), []
    i2s = make_ledger(bench, 24_000, 24, heard)
    i2s.irq(lambda _: None)
    for block in (b"\0" * 1024, b"\0" * 1024, b"\1" * 1024, b"\1" * 1024, b"\0" * 1024):
        i2s.write(block)
        bench.ticks.turn_to(bench.clock.us + 40_000)
    began_us = heard[0] - bench.clock.unix_us() + bench.clock.us
    assert len(heard) == 1 and began_us == 298_667  # behind 24 buffers, the ring as it was, and 4 of silence
    assert bench.chip.sounded_us == 2 * 21_333
    assert bench.chip.underruns == 0


def test_a_ring_that_ran_dry_in_the_middle_of_sound_is_counted():
    bench, heard = Bench(), []
    i2s = make_ledger(bench, 24_000, 24, heard)
    i2s.irq(lambda _: None)
    for pause in (20_000, 500_000, 20_000):
        i2s.write(b"\1" * 1024)
        bench.ticks.turn_to(bench.clock.us + pause)
    assert bench.chip.underruns == 1
    assert len(heard) == 2


def test_an_odd_write_is_refused():
    bench = Bench()
    i2s = make_ledger(bench, 24_000, 4, [])
    i2s.irq(lambda _: None)
    with pytest.raises(ValueError, match="500 bytes"):
        i2s.write(bytes(500))


def test_a_ring_too_short_to_be_counted_is_refused():
    with pytest.raises(ValueError, match="at least 4"):
        make_ledger(Bench(), 24_000, 3, [])


def test_files_are_each_chips_own_and_shared_content_stays():
    shared = {"data/plan": b"signed"}
    one, other = Bench(shared), Bench(shared)
    with one.run(open_file, "/data/plan", "r+b") as file:
        file.write(b"S")
    assert one.run(open_file, "/data/plan", "rb").read() == b"Signed"
    assert other.run(open_file, "/data/plan", "rb").read() == b"signed"


def test_files_do_what_the_firmware_asks_of_littlefs():
    bench, os = Bench(), os_twin()

    def story():
        os.mkdir("/data/documents")
        with open_file("/data/documents/a.new", "wb") as file:
            file.write(b"one\ntwo\n")
        os.rename("/data/documents/a.new", "/data/documents/a")
        with open_file("/data/documents/a", "ab") as file:
            file.write(b"three")
        assert os.stat("/data/documents/a")[6] == 13
        assert os.listdir("/data/documents") == ["a"]
        assert list(open_file("/data/documents/a")) == ["one\n", "two\n", "three"]
        buffer = bytearray(4)
        with open_file("/data/documents/a", "rb") as file:
            file.seek(4)
            assert file.readinto(buffer) == 4 and buffer == b"two\n"
        os.remove("/data/documents/a")
        for call, number in (
            (lambda: os.remove("/data/documents/a"), errno.ENOENT),
            (lambda: os.stat("/data/none"), errno.ENOENT),
            (lambda: os.mkdir("/data/documents"), errno.EEXIST),
            (lambda: open_file("/none/a", "wb"), errno.ENOENT),
            (lambda: open_file("/data/documents"), errno.EISDIR),
        ):
            with pytest.raises(OSError) as raised:
                call()
            assert raised.value.errno == number

    bench.run(story)


def test_a_full_partition_takes_nothing_more_until_something_is_removed():
    bench, os = Bench({"data/old": b"1" * 9_000, "board.json": b"{}"}), os_twin()

    def story():
        with open_file("/data/new", "wb") as file:
            file.write(bytes(5 * BLOCK))
            with pytest.raises(OSError) as full:
                file.write(b"one more")
            assert full.value.errno == errno.ENOSPC
            assert file.tell() == 5 * BLOCK
        assert os.statvfs("/data")[3] == 0
        with open_file("/data/old", "ab") as file:
            assert file.write(bytes(3 * BLOCK - 9_000)) > 0  # its last block has room
        with open_file("/elsewhere", "wb") as file:
            file.write(b"another partition")
        os.remove("/data/old")
        with open_file("/data/new", "ab") as file:
            file.write(b"one more")

    bench.run(story)


def test_ballast_takes_what_is_free_and_gives_it_back():
    bench, os = Bench({"data/old": b"1" * BLOCK}), os_twin()

    def story():
        fill(bench.chip, full=True)
        assert os.statvfs("/data")[3] == 0
        with open_file("/data/new", "wb") as file, pytest.raises(OSError):
            file.write(b"new")
        os.remove("/data/old")
        with open_file("/data/new", "wb") as file:
            file.write(b"new")
        fill(bench.chip, full=False)
        assert os.statvfs("/data")[3] == 7

    bench.run(story)


def test_callbacks_that_are_lost_never_come_and_a_reset_brings_them_back():
    bench, copied = Bench(), []
    i2s = make_ledger(bench, 24_000, 24, [])
    i2s.irq(lambda _: copied.append(bench.clock.us))
    bench.chip.lose = 2
    for _ in range(3):
        i2s.write(b"\1" * 1024)
        bench.ticks.turn_to(bench.clock.us + 40_000)
    assert len(copied) == 1
    bench.chip.lose = 5
    bench.chip.power_on("hard")
    assert bench.chip.lose == 0
