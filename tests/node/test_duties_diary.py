"""The diary between its writers and the journal: a flood from nobody leaves room for what was played."""

from node.duties.diary import Diary
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
    def now(self):
        return 1790000000


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
