"""The conductor keeps on the air what the agenda decides, one performance at a time, and nothing once it rests."""

import asyncio

from support_time import turns

from node.duties.conductor import Conductor


class Item:
    def __init__(self, key, until=100):
        self.key = key
        self.until = until


class Decision:
    def __init__(self, item=None, volume=None, dropped=(), wake=None):
        self.item = item
        self.volume = volume
        self.dropped = dropped
        self.wake = wake
        self.upcoming = []


class Performance:
    """Sounds until it is stopped or told to end."""

    def __init__(self, item, log):
        self.item = item
        self.over = asyncio.Event()
        self._log = log

    def update(self, item):
        self.item.until = item.until

    def stop(self):
        self.over.set()

    async def run(self):
        self._log.append("begin " + self.item.key)
        await self.over.wait()
        self._log.append("end " + self.item.key)


class Stage:
    """Agenda, player, performances and clock in one."""

    def __init__(self):
        self.decision = Decision()
        self.log = []
        self.volumes = []
        self.performances = []
        self.needs = []
        self.conductor = Conductor(self, self, self, self, self.drop, self.needs.append, lambda: None, lambda: None)

    def decide(self, now, known):
        decision, self.decision = self.decision, Decision(self.decision.item, self.decision.volume)
        return decision

    def set_volume(self, per_cent):
        self.volumes.append(per_cent)

    def start(self, item):
        self.performances.append(Performance(item, self.log))
        return self.performances[-1]

    def drop(self, item, why):
        self.log.append("drop {} {}".format(item.key, why))

    def now(self):
        return 1000

    def now_ms(self):
        return 1_000_000

    async def settle(self, decision):
        """Let the conductor act on a decision until it waits."""
        self.decision = decision
        self.conductor.changed()
        await turns(20)


async def _with_stage(life):
    stage = Stage()
    task = asyncio.create_task(stage.conductor.run())
    try:
        await life(stage)
    finally:
        task.cancel()


async def test_one_ends_before_the_next_begins():
    async def life(stage):
        await stage.settle(Decision(Item("a")))
        assert stage.conductor.on_air == "a"
        await stage.settle(Decision(Item("b")))
        assert stage.log == ["begin a", "end a", "begin b"]
        await stage.settle(Decision(None))
        assert stage.log == ["begin a", "end a", "begin b", "end b"]
        assert stage.conductor.on_air is None

    await _with_stage(life)


async def test_the_same_item_goes_on_and_learns_its_new_end():
    async def life(stage):
        await stage.settle(Decision(Item("a", until=100)))
        await stage.settle(Decision(Item("a", until=50)))
        assert stage.log == ["begin a"]
        assert stage.performances[0].item.until == 50

    await _with_stage(life)


async def test_what_ended_by_itself_and_is_wanted_again_begins_again():
    async def life(stage):
        await stage.settle(Decision(Item("a")))
        stage.performances[0].over.set()
        await stage.settle(Decision(Item("a")))
        assert stage.log == ["begin a", "end a", "begin a"]

    await _with_stage(life)


async def test_drops_are_told_and_volume_is_set_once():
    async def life(stage):
        await stage.settle(Decision(None, volume=40, dropped=[(Item("x"), "late")]))
        await stage.settle(Decision(None, volume=40))
        assert stage.log == ["drop x late"]
        assert stage.volumes == [40]

    await _with_stage(life)


async def test_rest_ends_what_sounds_and_starts_nothing():
    async def life(stage):
        await stage.settle(Decision(Item("a")))
        await stage.conductor.rest()
        await stage.settle(Decision(Item("b")))
        assert stage.log == ["begin a", "end a"]

    await _with_stage(life)


async def test_what_is_needed_is_told_once_it_is_known():
    async def life(stage):
        unknown = Decision()
        unknown.upcoming = None
        del stage.needs[:]
        await stage.settle(unknown)
        assert None not in stage.needs

    await _with_stage(life)
