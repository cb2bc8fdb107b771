"""What one item goes through when its sound cannot be had: told once, bridged once, however often and with whatever else it is tried.

And when it is stopped: it ends soon, whatever it was about to do.
"""

import asyncio

from support_audio import RATE, Bench

from node.audio.player import END, Outcome
from node.audio.sources.silence import Silence
from node.duties.performance import Performances
from node.duties.sounds import Sound
from node.refusal import DAMAGED, HASH, UNREACHABLE, Refused


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

    def at_hand(self, item):
        return None

    async def find(self, item):
        raise Refused(self._code, "for the test")

    def built_in(self, name):
        return self

    async def play(self, source, start_ms=0, unwanted=None):
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


class Air:
    """Sounds, agenda, diary and clock of a performance whose sound, 30 s of it, is there after `passes` turns of the loop."""

    def __init__(self, passes=0, code=None):
        self.passes = passes
        self.code = code
        self.heard = []

    async def find(self, item):
        for _ in range(self.passes):
            await asyncio.sleep_ms(0)
        if self.code:
            raise Refused(self.code, "for the test")
        return Sound(Silence(RATE, 30_000))

    def built_in(self, name):
        return Sound(Silence(RATE, 30_000))

    def played(self, item, event, done):
        self.heard.append((event["to_ms"], event["why"]))

    def bridged(self, event):
        self.heard.append((event["to_ms"], event["why"]))

    def now(self):
        return 1000

    def is_over(self, key):
        return False

    def __getattr__(self, name):
        return lambda *arguments: None


class _Unreadable:
    """A source that flash does not give back."""

    total_ms = None

    async def open(self, start_ms):
        raise Refused(DAMAGED, "EIO")

    def close(self):
        pass


class Spoilt(Air):
    def __init__(self):
        super().__init__()
        self.doubted, self.told, self.later = [], [], []

    async def find(self, item):
        return Sound(_Unreadable(), {"sha256": "s", "ms": 30_000}, "pcm16")

    def built_in(self, name):
        return Sound(Silence(RATE, 1_000))  # what is emitted stays in a heap of 4 MB

    def doubt(self, sound):
        self.doubted.append(sound.variant["sha256"])

    def failed(self, item, refused, done):
        self.told.append((refused.code, done))

    def postpone(self, key, until):
        self.later.append(key)


class Order(Item):
    until = 2000
    bulletin_id = None


def test_a_file_that_cannot_be_read_is_doubted_and_the_item_comes_again():
    bench, air = Bench(), Spoilt()

    async def scenario(bench):
        await Performances(bench.player, air, air, air, air).start(Order("a|one")).run()

    bench.run(scenario)
    assert air.doubted == ["s"] and air.told == [(DAMAGED, False)] and air.later == ["a|one"]


def _ends_soon_when_stopped(bench, air, before_stop):
    """Run a performance and stop it once `before_stop()` is over: it must end within a second, with next to nothing heard."""

    async def scenario(bench):
        performance = Performances(bench.player, air, air, air, air).start(Order("a|one"))
        running = asyncio.create_task(performance.run())
        await before_stop()
        performance.stop()
        await asyncio.wait_for_ms(running, 1_000)

    bench.run(scenario)
    assert all(to_ms < 1_000 and why == "pre-empted" for to_ms, why in air.heard), air.heard


def test_a_stop_at_any_turn_of_the_loop_is_heeded():
    for code in (None, UNREACHABLE):
        for found_after in (0, 1, 3):
            for stopped_after in range(12):

                async def turns():
                    for _ in range(stopped_after):
                        await asyncio.sleep_ms(0)

                _ends_soon_when_stopped(Bench(), Air(found_after, code), turns)


def test_a_search_that_loses_a_cancellation_is_ended_all_the_same():
    class Deaf(Air):
        async def find(self, item):
            try:
                await asyncio.sleep(10)
            except asyncio.CancelledError:
                pass
            await asyncio.Event().wait()

    async def soon():
        await asyncio.sleep_ms(100)

    _ends_soon_when_stopped(Bench(), Deaf(), soon)


def test_a_stop_while_something_else_still_fades_is_heeded():
    async def scenario(bench):
        chime = asyncio.create_task(bench.player.play(Silence(RATE, 3_500)))
        await asyncio.sleep_ms(1_000)
        air = Air()
        performance = Performances(bench.player, air, air, air, air).start(Order("a|one"))
        running = asyncio.create_task(performance.run())
        await asyncio.sleep_ms(50)
        performance.stop()
        await asyncio.wait_for_ms(running, 1_000)
        assert (await chime).to_ms < 1_500

    Bench().run(scenario)
