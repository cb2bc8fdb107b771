"""Whatever servers send, whatever is wanted and whenever the node reboots: the cache has whole and right files only, within its quota."""

import asyncio
import shutil
import sys
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

sys.path.insert(0, str(Path(__file__).parents[1] / "node"))
from support_files import ADDRESS, Server, sha256_text, variant

from node import refusal
from node.store.cache import Cache
from node.store.gate import EraseGate

SIZES = (1, 4095, 4096, 4097, 12_000, 20_480, 33_000, 90_000)
CONTENTS = [bytes([65 + place]) * (size - 1) + b"." for place, size in enumerate(SIZES)]
NAMES = [sha256_text(content) for content in CONTENTS]
QUOTA = 16 * 4096
EXPECTED = {refusal.HTTP_STATUS, refusal.LENGTH, refusal.HASH, refusal.UNREACHABLE, refusal.FULL, refusal.TOO_LARGE}

places = st.integers(0, len(CONTENTS) - 1)
lengths = st.integers(0, 40_000)
manners = st.one_of(
    st.sampled_from(
        ["honest", "honest", "whole", "shifted", "nowhere", "other total", "lies", "silent", "part", "down", 404, 416, 500, 302]
    ),
    st.tuples(st.sampled_from(["breaks", "short", "silent short", "long", "silent long"]), lengths),
)


class CacheLife(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.folder = tempfile.mkdtemp()
        self.loop = asyncio.new_event_loop()
        self.server = Server(*CONTENTS)
        self.playing = None
        self.reboot()

    def teardown(self):
        self.loop.close()
        shutil.rmtree(self.folder)

    @rule()
    def reboot(self):
        self.playing = None
        self.wanted = None
        self.gate = EraseGate()
        self.cache = Cache(self.folder + "/cache", QUOTA, self.gate)
        self.loop.run_until_complete(self.cache.load())

    @rule(place=places, answers=st.lists(manners, max_size=4))
    def fetch(self, place, answers):
        before = set(self.cache.stored())
        self.server.manners = list(answers)
        try:
            path = self.loop.run_until_complete(self._fetch(place))
        except refusal.Refused as refused:
            assert refused.code in EXPECTED
            if not answers:  # an honest server: only the room can be wanting, or what liars left before
                assert refused.code in (refusal.FULL, refusal.TOO_LARGE, refusal.HASH)
            assert NAMES[place] not in self.cache.stored()
            if refused.code in (refusal.FULL, refusal.TOO_LARGE):
                assert set(self.cache.stored()) == before
        else:
            assert path == self.cache.path(NAMES[place])
        gone = before - set(self.cache.stored())
        assert self.playing not in gone
        if self.wanted is None:
            assert not gone
        elif NAMES[place] in self.wanted:
            assert not gone.intersection(self.wanted[: self.wanted.index(NAMES[place])])

    async def _fetch(self, place):
        return await self.cache.fetch(self.server.get, ADDRESS, variant(CONTENTS[place]))

    @rule(first=places, second=places, answers=st.lists(manners, max_size=3), steps=st.integers(0, 60))
    def fetch_two_and_give_one_up(self, first, second, answers, steps):
        self.server.manners = list(answers)

        async def life():
            given_up = asyncio.create_task(self._fetch(first))
            for _ in range(steps):
                await asyncio.sleep(0)
            other = asyncio.create_task(self._fetch(second))
            await asyncio.sleep(0)
            given_up.cancel()
            return await asyncio.gather(given_up, other, return_exceptions=True)

        for outcome in self.loop.run_until_complete(life()):
            assert isinstance(outcome, (str, refusal.Refused, asyncio.CancelledError))

    @rule(place=places, pauses=st.lists(st.integers(1, 40), min_size=1, max_size=3))
    def fetch_between_sounds(self, place, pauses):
        async def life():
            task = asyncio.create_task(self._fetch(place))
            for pause in pauses:
                for _ in range(pause):
                    await asyncio.sleep(0)
                self.gate.close()
                await self.gate.wait_quiet()
                for _ in range(pause):
                    await asyncio.sleep(0)
                self.gate.reopen()
            return (await asyncio.gather(task, return_exceptions=True))[0]

        self.server.manners = []
        outcome = self.loop.run_until_complete(life())
        assert isinstance(outcome, str) or outcome.code in (refusal.FULL, refusal.TOO_LARGE, refusal.HASH)
        assert self.gate.open

    @rule(order=st.permutations(range(len(CONTENTS))), count=places)
    def keep(self, order, count):
        self.wanted = [NAMES[place] for place in order[:count]]
        self.cache.keep(self.wanted)

    @rule(place=places)
    def play(self, place):
        if self.playing:
            self.cache.release(self.playing)
            self.playing = None
        if self.cache.path(NAMES[place]):
            self.playing = NAMES[place]
            self.cache.hold(self.playing)

    @rule(place=places, flip=st.integers(0, 100_000))
    def damage_a_partial_file(self, place, flip):
        part = Path(self.folder) / "cache" / (NAMES[place] + ".part")
        if part.exists() and (content := bytearray(part.read_bytes())):
            content[flip % len(content)] ^= 1
            part.write_bytes(content)

    @invariant()
    def only_whole_and_right_files(self):
        for name in self.cache.stored():
            assert sha256_text(Path(self.cache.path(name)).read_bytes()) == name

    @invariant()
    def within_the_quota(self):
        on_disk = sum(file.stat().st_size for file in (Path(self.folder) / "cache").iterdir())
        assert on_disk <= self.cache.used <= QUOTA

    @invariant()
    def every_answer_is_closed(self):
        assert all(response.closed for response in self.server.responses)


CacheLife.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
test_cache_life = CacheLife.TestCase
