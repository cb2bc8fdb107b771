"""What one item goes through when its sound cannot be had: told once, bridged once, however often and with whatever else it is tried."""

from node.audio.player import END, Outcome
from node.duties.performance import Performances
from node.refusal import HASH, UNREACHABLE, Refused


class Item:
    order = True
    live = None
    fallback = "siren"
    resume_ms = 0

    def __init__(self, key):
        self.key = key


class Stage:
    """Player, sounds, agenda, diary and clock in one, in which no sound can be had."""

    def __init__(self, code):
        self.source = "siren"
        self.told, self.played, self.postponed, self.over, self.bridges = [], [], [], [], []
        self._code = code

    async def find(self, item):
        raise Refused(self._code, "for the test")

    def built_in(self, name):
        return self

    async def play(self, source, start_ms=0):
        self.played.append(source)
        return Outcome(0, 12_000, END)

    def bridged(self, event):
        self.bridges.append((event["key"], event["bulletin"], event["to_ms"]))

    def failed(self, item, refused, done):
        self.told.append((item.key, refused.code, done))

    def postpone(self, key, until):
        self.postponed.append((key, until))

    def ended(self, key):
        self.over.append(key)

    def now(self):
        return 1000


def performances(stage):
    return Performances(stage, stage, stage, stage, stage)


async def test_two_that_are_away_are_each_told_and_bridged_once():
    stage = Stage(UNREACHABLE)
    shared = performances(stage)
    for _ in range(3):
        for key in ("a|one", "a|two"):
            await shared.start(Item(key)).run()
    assert stage.told == [("a|one", UNREACHABLE, False), ("a|two", UNREACHABLE, False)]
    assert stage.played == ["siren", "siren"]
    assert stage.bridges == [("a|one", None, 12_000), ("a|two", None, 12_000)]
    assert stage.postponed == [("a|one", 1015), ("a|two", 1015)] * 3
    assert stage.over == []


async def test_what_can_never_be_had_is_over():
    stage = Stage(HASH)
    await performances(stage).start(Item("a|one")).run()
    assert stage.told == [("a|one", HASH, True)]
    assert stage.over == ["a|one"]
    assert stage.played == ["siren"]
