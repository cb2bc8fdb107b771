"""The diary between its writers and the journal: a flood from nobody leaves room for what was played, and what is over stays over."""

import support_journal
import support_plan
from support_plan import air, at, order, settle, slot, time, why

from node.duties.diary import Diary
from node.health import proof
from node.link import clock as link
from node.refusal import FULL, SIGNATURE, Refused


class Journal:
    """Counts events, as long as there is room."""

    def __init__(self, room):
        self.kinds = []
        self.seen_n = 0
        self._room = room

    def append(self, kind, fields, key, ms, until, done):
        if len(self.kinds) == self._room:
            raise Refused(FULL, "for the test")
        self.kinds.append(kind)
        return len(self.kinds)


class Clock:
    def __init__(self, now=1790000000):
        self.time = now

    def now(self):
        return self.time


def fill(journal, events=60):
    """By so many events every block of the journal is begun anew."""
    for _ in range(events):
        journal.append("boot", {"text": "z" * 900})
        journal.seen(journal.id, journal.last_n)
        support_journal.run(journal.tend())


def flood(diary, count):
    for _ in range(count):
        diary.refused(Refused(SIGNATURE, "for the test"))


def test_a_flood_from_nobody_is_bounded_by_what_the_station_has_seen():
    journal = Journal(1000)
    diary = Diary(journal, Clock(), lambda: None)
    flood(diary, 100)
    assert len(journal.kinds) == 16
    journal.seen_n = 10
    flood(diary, 100)
    assert len(journal.kinds) == 26
    diary.booted("1", "power", None)
    assert journal.kinds[-1] == "boot", "what is somebody's always has its place"


def test_a_full_journal_stops_nobody():
    told = []
    diary = Diary(Journal(0), Clock(), lambda: told.append(1))
    flood(diary, 3)
    diary.booted("1", "power", None)
    assert len(told) == 4


class Sound:
    variant = None
    codec = None


class Life:
    """A node from one boot to the next, as far as its agenda and its diary go, on the flash of `bench`; `now` is proved."""

    def __init__(self, bench, now):
        bench.now = now
        support_journal.run(bench.boot())
        self.agenda = support_plan.agenda(slot("a", time(7)))
        self.agenda.put_air("p/c", air(order("x", start=at(6), end=at(6, 5)), order("y", start=at(6), end=at(6, 5))))
        self._clock = Clock(now)
        self.diary = Diary(bench.journal, self._clock, lambda: None)
        self.diary.restore(self.agenda)

    def play(self, key, now):
        """It is on the air at `now`, and is heard to its end."""
        self._clock.time = now
        item = settle(self.agenda, now).item
        assert item.key == "p/c|" + key
        self.diary.played(item, proof.played(now, item, None, None, 0, 20_000, "end"), True)
        self.agenda.ended(item.key)


def test_what_was_played_is_not_told_as_missed_after_a_boot_that_knows_the_time():
    """A battery clock does: what the journal has of it must count also where its time is over, for the documents still ask for it."""
    bench = support_journal.Bench()
    life = Life(bench, at(6))
    life.play("x", at(6))
    life.play("y", at(6, 1))
    life.play("a|{}".format(at(7)), at(7))
    life = Life(bench, at(9))
    assert why(settle(life.agenda, at(9))) == {}


def test_an_order_that_a_wrong_clock_gave_up_resumes_after_a_power_cut():
    for begun_anew in (False, True):
        bench = support_journal.Bench()
        life = Life(bench, at(6))
        life.play("x", at(6))
        [(item, _)] = [pair for pair in settle(life.agenda, at(6, 30)).dropped if pair[1] == "expired"]
        life.diary.dropped(item, "expired")
        if begun_anew:
            fill(bench.journal, 6)  # what gave it up and what begins stand in two blocks
        item = settle(life.agenda, at(6, 1)).item
        assert item.key == "p/c|y"
        life.diary.began(item, Sound(), at(6, 1))
        life.diary.mark(5_000)
        if begun_anew:
            fill(bench.journal)
        life = Life(bench, at(6, 2))
        item = settle(life.agenda, at(6, 2)).item
        assert (item.key, item.resume_ms) == ("p/c|y", 5_000)


def test_what_was_played_is_not_told_as_missed_where_the_journal_has_begun_anew_meanwhile():
    bench = support_journal.Bench()
    life = Life(bench, at(6))
    life.play("x", at(6))
    bench.now = at(6, day=1)
    fill(bench.journal)
    life = Life(bench, at(6, 4, day=1))
    assert "x" not in why(settle(life.agenda, at(6, 4, day=1)))


def test_what_was_played_is_not_forgotten_by_a_time_that_nobody_proved():
    """A time server or a battery clock is years ahead while blocks are begun anew, and is put right: the order must not be played again."""
    bench = support_journal.Bench()
    life = Life(bench, at(6))
    life.play("x", at(6))
    clock = link.Clock(at(6), 0, lambda date: None, None, lambda: None)
    assert clock.set(at(6, day=1000) * 1000, link.SNTP)
    bench.clock = clock
    support_journal.run(bench.boot())
    fill(bench.journal)
    bench.clock = bench
    life = Life(bench, at(6, 1))
    assert settle(life.agenda, at(6, 1)).item.key == "p/c|y"
