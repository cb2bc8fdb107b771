"""The journal keeps what it acknowledged through power cuts at every single write, on a flash that only clears bits."""

import asyncio

import support_journal as support
from support_journal import KEPT_S, NOW, Bench, run

from node.refusal import OVERSIZED, Refused

SOON = NOW + 3600
PAST = NOW - KEPT_S - 3600

SHORT = (
    ("event", 10),
    ("start", "a/b|s1|5", 0, SOON),
    ("mark", 5000),
    ("mark", 10000),
    ("sound", True),
    ("end", "a/b|s1|5", 12000, False, SOON),
    ("start", "a|o1", 0, SOON),
    ("mark", 5000),
    ("end", "a|o1", 9000, True, SOON),
    ("sound", False),
    ("tend",),
    ("seen", 1),
    ("start", "a/b|s1|5", 12000, SOON),
    ("mark", 17000),
    ("event", 0),
    ("seen", 0),
)

# From a journal that is nearly full: blocks are begun, the oldest ones given up, states written anew.
FILLED = tuple(
    [("start", "kept|o", 0, SOON), ("end", "kept|o", 100, True, SOON), ("start", "rest|o", 7, SOON), ("end", "rest|o", 4000, False, SOON)]
    + [("end", "gone|{}".format(i), 1, True, PAST) for i in range(10)]
    + [("event", 900)] * 22
    + [("seen", 2), ("start", "open|o", 3, SOON), ("mark", 1234)]
)
LONG = tuple(
    [("event", 900)] * 4
    + [("tend",), ("mark", 5678), ("event", 900), ("seen", 3), ("tend",), ("sound", True)]
    + [("event", 900)] * 8
    + [("seen", 0), ("mark", 6000), ("sound", False), ("tend",), ("event", 900), ("end", "open|o", 6000, True, SOON)]
)


def fresh():
    bench = Bench()
    run(bench.boot())
    return bench


def steps(bench, *some):
    async def life():
        for step in some:
            await bench.step(*step)

    run(life())


def test_others_run_between_the_erases_of_a_foreign_partition():
    """16 blocks of rubbish are 0.7 s of erases, 6 s with a slow flash, and the watchdog has 10 s."""
    bench = Bench(cells=bytearray(b"\x5a" * (16 * 4096)))
    erases = []

    async def life():
        opening = asyncio.create_task(bench.boot())
        turns = 0
        while not opening.done():
            await asyncio.sleep_ms(0)
            turns += 1
            if bench.flash:
                erases.append(bench.flash.erases)
        await opening

    run(life())
    assert erases[-1] >= 8
    assert all(erases[at + 1] - erases[at] <= 1 for at in range(len(erases) - 1))


def test_numbers_begin_at_one_and_survive_a_boot():
    bench = fresh()
    name = bench.journal.id
    assert len(name) == 8
    steps(bench, *SHORT)
    bench.check()
    run(bench.boot())
    assert bench.journal.id == name
    bench.check()


def test_another_flash_has_another_id():
    assert fresh().journal.id != fresh().journal.id


def test_garbage_is_a_new_journal():
    bench = Bench(cells=bytearray(support.random_bytes(12 * 4096)))
    run(bench.boot())
    steps(bench, *SHORT)
    bench.check()


def test_power_cut_at_every_write_and_at_every_write_of_the_boot_after():
    assert support.cut_everywhere(SHORT, (0, 1, 2, 3, 4), True) > 100


def test_power_cut_at_every_write_while_blocks_are_given_up():
    bench = fresh()
    steps(bench, *FILLED)
    assert support.cut_everywhere(LONG, (0, 2, 4), True, bench) > 50


def test_full_while_sound_is_out_refuses_new_events_and_loses_none():
    bench = fresh()
    steps(bench, ("sound", True), *[("event", 900)] * 60)
    assert bench.journal.lost > 0 and bench.truth.last_n > 15
    erases = bench.flash.erases
    steps(bench, *[("end", "o|{}".format(i), 5, True, SOON) for i in range(200)])
    bench.check()
    assert bench.flash.erases == erases
    reported = [fields["key"] for _, fields in bench.truth.events if fields["kind"] == "played"]
    assert len(reported) < len(bench.truth.states) < 200  # at first the event is refused and the state kept, in the end neither
    steps(bench, ("sound", False), ("tend",))
    bench.check()
    steps(bench, ("seen", 0), ("tend",), ("event", 10))
    bench.check()


def test_goes_on_for_ever_when_events_are_seen():
    bench = fresh()
    for _ in range(60):
        steps(bench, ("sound", True), ("start", "x|s|1", 0, SOON), ("mark", 5), *[("event", 500)] * 6)
        steps(bench, ("end", "x|s|1", 9, False, SOON), ("seen", 0), ("sound", False), ("tend",))
    assert bench.truth.lost == 0
    bench.check()


def test_marks_are_dropped_when_full_and_come_back_after_silence():
    bench = fresh()
    steps(bench, ("start", "long|s|1", 0, SOON), ("sound", True), *[("mark", 5 * i) for i in range(1700)])
    word, ms, _ = bench.truth.states["long|s|1"]
    assert word == "open" and ms == 5 * (3 * 507 - 1)
    assert not bench.journal.mark(9_000)
    steps(bench, ("sound", False), ("tend",), ("mark", 9_000))
    run(bench.boot())
    bench.check()
    assert bench.truth.states["long|s|1"][1] == 9_000


def test_a_block_with_one_unseen_event_stays():
    bench = fresh()
    steps(bench, *[("event", 900)] * 24)
    last_in_first = bench.journal._lane.used[1].next_n - 1
    assert last_in_first == 4
    steps(bench, ("seen", 24 - 3), ("tend",))
    assert [n for n, _ in bench.journal.unseen()] == list(range(4, 25))
    steps(bench, ("seen", 24 - 4), ("tend",), ("seen", 24 - 7), ("tend",))
    bench.check()


def test_numbers_go_on_when_no_block_has_an_event_left():
    bench = fresh()
    steps(bench, *[("event", 900)] * 8 + [("seen", 0)])
    for i in range(300):
        steps(bench, ("start", "k|{}".format(i % 3), i, SOON), ("tend",))
    run(bench.boot())
    assert bench.journal.seen_n == 8 and bench.journal.last_n == 8
    steps(bench, ("event", 10))
    assert bench.truth.events[-1][0] == 9
    bench.check()


def test_the_last_mark_stays_when_power_fails_between_the_next_block_and_its_first_mark():
    bench = fresh()
    steps(bench, ("start", "long|s|1", 0, SOON), *[("mark", i) for i in range(507)])
    power = bench.flash.power
    power.cut_at, power.tear = power.writes + 2, 0
    try:
        steps(bench, ("mark", 507))
        raise AssertionError("no cut")
    except support.PowerCut:
        bench.settle()
    run(bench.boot())
    bench.check()
    assert bench.truth.states["long|s|1"][1] == 506


def test_an_expired_end_is_not_outlived_by_its_start():
    """The block of both is given up, and its erase interrupted when only the end of the block is erased."""
    bench = fresh()
    steps(
        bench,
        ("start", "gone|o", 0, PAST),
        *[("event", 900)] * 3 + [("end", "gone|o", 5, True, PAST)] + [("event", 900)] * 19 + [("seen", 0)],
    )
    for tear in (1, 3):
        assert support.cut_everywhere((("tend",),), (tear,), False, bench) > 2


def test_states_are_written_anew_once_however_often_power_fails():
    bench = fresh()
    steps(bench, *[("end", "kept|{}".format(i), 1, True, SOON) for i in range(25)])
    steps(bench, *[("event", 900)] * 20 + [("seen", 0)])
    copies = len([key for key in bench.truth.states if key.startswith("kept|")])
    power = bench.flash.power
    power.cut_at, power.tear = power.writes + copies + 1, 0  # the last copy is written, or the next block begun
    try:
        steps(bench, ("tend",))
        raise AssertionError("no cut")
    except support.PowerCut:
        bench.settle()
    run(bench.boot())
    bench.check()
    assert bench.flash.power.writes < copies


def test_seen_of_another_journal_or_of_the_future():
    bench = fresh()
    steps(bench, ("event", 1), ("event", 2))
    assert not bench.journal.seen("AAAAAAAA", 2)
    assert len(list(bench.journal.unseen())) == 2
    assert bench.journal.seen(bench.journal.id, 2**31) and bench.journal.seen_n == 2
    assert bench.journal.append("boot", {}) == 3
    assert list(bench.journal.unseen()) == [(3, {"kind": "boot"})]
    assert list(bench.journal.unseen(3)) == []


def test_seen_survives_a_boot():
    bench = fresh()
    steps(bench, ("event", 1), ("event", 2), ("event", 3), ("seen", 1))
    run(bench.boot())
    assert bench.journal.seen_n == 2
    assert [n for n, _ in bench.journal.unseen()] == [3]


def test_oversized_changes_nothing():
    bench = fresh()
    for call in (
        lambda: bench.journal.append("boot", {"x": "y" * 1024}),
        lambda: bench.journal.append("boot", {}, "k" * 256),
        lambda: bench.journal.start("k", 0, SOON, {"x": "y" * 1024}),
    ):
        try:
            call()
            raise AssertionError("taken")
        except Refused as refused:
            assert refused.code == OVERSIZED
    assert bench.journal.lost == 0
    bench.check()


def test_a_failing_program_gives_no_number_twice():
    bench = fresh()
    steps(bench, ("event", 1))
    program = bench.flash.writeblocks

    def broken(block, buffer, offset=None):
        program(block, buffer, offset)
        raise OSError(5)

    bench.flash.writeblocks = broken
    try:
        bench.journal.append("boot", {})
        raise AssertionError("no error")
    except OSError:
        pass
    bench.flash.writeblocks = program
    assert bench.journal.append("boot", {}) == 3
    assert [n for n, _ in bench.journal.unseen()] == [1, 2, 3]


def test_a_partition_that_is_too_small_is_refused():
    for blocks in (1, 11):
        try:
            run(Bench(blocks).boot())
            raise AssertionError("taken")
        except ValueError:
            pass
