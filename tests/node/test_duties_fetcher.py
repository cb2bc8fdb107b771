"""The fetcher stores what is coming, soonest first, goes on after every failure, and is taken for one that hangs only where it does."""

import asyncio

from support_files import ADDRESS, Server, variant
from support_store import Disk, names
from support_time import VirtualClock

from node.duties.fetcher import Fetcher
from node.link.backoff import Backoff
from node.refusal import CODEC, HASH, HTTP_STATUS, TIMEOUT, Refused
from node.store.cache import Cache
from node.store.gate import EraseGate

HOUR_S = 3600
PATIENCE_S = 1200  # as in `app`
ONE = bytes(range(256)) * 200
OTHER = bytes(reversed(range(256))) * 100


def need(name, content):
    return 0, name, variant(content), ADDRESS


class Bench:
    """A fetcher with a cache on a disk and a server, in virtual time."""

    def __init__(self, server):
        self.clock = VirtualClock()
        self.disk = Disk()
        self.disk.boot()
        self.gate = EraseGate()
        self.cache = Cache(self.disk.path + "/bulletins", 160_000, self.gate)
        self.server = server
        self.refused = []
        self.stored = 0
        self.alive_s = []  # when it checked in
        self.others_done = asyncio.Event()
        self.others_done.set()
        self.fetcher = Fetcher(
            self.cache,
            server.get,
            self.choose,
            Backoff(2_000, 300_000, lambda: 0.5),
            self.complain,
            self.count,
            self.check_in,
            self.gate,
            self.others_done.wait,
            lambda: not self.others_done.is_set(),
        )

    def choose(self, bulletin):
        if "sha256" not in bulletin:
            raise Refused(CODEC, "for the test")
        return bulletin

    def complain(self, bulletin_id, refused):
        self.refused.append((bulletin_id, refused.code))

    def count(self):
        self.stored += 1

    def check_in(self):
        self.alive_s.append(self.clock.now_us // 1_000_000)

    def run(self, scenario):
        """`await scenario(bench)` with the fetcher at work, which must be so to the end."""

        async def life():
            await self.cache.load()
            task = asyncio.create_task(self.fetcher.run())
            await scenario(self)
            assert not task.done()
            task.cancel()

        try:
            self.clock.run(life())
        finally:
            self.disk.close()

    def longest_silence_s(self):
        """The longest time without a sign of life, from the beginning to now."""
        marks = [0] + self.alive_s + [self.clock.now_us // 1_000_000]
        return max(marks[i + 1] - marks[i] for i in range(len(marks) - 1))


def test_what_is_needed_is_stored_and_what_failed_comes_later():
    async def scenario(bench):
        bench.server.manners = [503, "honest", ("breaks", 10_000)]
        bench.fetcher.need([need("one", ONE), need("other", OTHER), (0, "foreign", {}, ADDRESS)])
        await asyncio.sleep(120)
        assert sorted(bench.fetcher.stored()) == ["one", "other"]

    bench = Bench(Server(ONE, OTHER))
    bench.run(scenario)
    assert ("one", HTTP_STATUS) in bench.refused and ("foreign", CODEC) in bench.refused
    assert bench.stored == 2


def test_what_is_hopeless_is_asked_for_again_only_when_the_network_is_another():
    async def scenario(bench):
        bench.server.manners = ["lies"]
        bench.fetcher.need([need("one", ONE)])
        await asyncio.sleep(HOUR_S)
        assert len(bench.server.requests) == 1 and bench.refused == [("one", HASH)]
        bench.fetcher.retry()
        await asyncio.sleep(60)
        assert bench.fetcher.stored() == ["one"]

    Bench(Server(ONE)).run(scenario)


def test_others_go_first_and_what_is_needed_may_change_meanwhile():
    async def scenario(bench):
        bench.others_done.clear()
        bench.fetcher.need([need("one", ONE)])
        await asyncio.sleep(60)
        assert not bench.server.requests
        bench.fetcher.need([need("other", OTHER)])
        bench.others_done.set()
        await asyncio.sleep(60)
        assert bench.fetcher.stored() == ["other"] and len(bench.server.requests) == 1

    Bench(Server(ONE, OTHER)).run(scenario)


def test_a_file_gives_way_to_others_and_goes_on_where_it_was():
    async def scenario(bench):
        bench.server.before = lambda response: (
            response.given >= len(ONE) // 2 and len(bench.server.requests) == 1 and bench.others_done.clear()
        )
        bench.fetcher.need([need("one", ONE)])
        await asyncio.sleep(60)
        assert bench.server.responses[0].closed and bench.fetcher.stored() == [] and bench.refused == []
        bench.others_done.set()
        await asyncio.sleep(60)
        (_, first), (_, again) = bench.server.requests
        assert bench.fetcher.stored() == ["one"] and bench.stored == 1 and first == 0 and len(ONE) // 2 <= again < len(ONE)

    Bench(Server(ONE)).run(scenario)


def test_sound_for_hours_is_no_hang():
    async def scenario(bench):
        bench.gate.close()
        bench.fetcher.need([need("one", ONE)])
        await asyncio.sleep(3 * HOUR_S)
        assert names(bench.disk.path + "/bulletins") == [] and bench.longest_silence_s() < PATIENCE_S
        bench.gate.reopen()
        await asyncio.sleep(60)
        assert bench.fetcher.stored() == ["one"]

    Bench(Server(ONE)).run(scenario)


class Slow(Server):
    """Each piece of a file takes its time."""

    async def get(self, url, headers):
        response = await super().get(url, headers)
        readinto = response.readinto

        async def late(view):
            await asyncio.sleep(100)
            return await readinto(view)

        response.readinto = late
        return response


class Late(Server):
    """No answer ever comes in time."""

    async def get(self, url, headers):
        await asyncio.sleep(30)
        raise Refused(TIMEOUT, "for the test")


class Dead(Server):
    """It takes the connection and says nothing, and no time-out ends that."""

    async def get(self, url, headers):
        await asyncio.Event().wait()


def test_a_slow_server_is_no_hang():
    async def scenario(bench):
        bench.fetcher.need([need("one", ONE)])
        await asyncio.sleep(3 * HOUR_S)
        assert bench.fetcher.stored() == ["one"] and bench.longest_silence_s() < PATIENCE_S

    Bench(Slow(ONE)).run(scenario)


def test_many_files_that_do_not_come_are_no_hang():
    async def scenario(bench):
        bench.fetcher.need([need(str(number), b"%d" % number) for number in range(64)])
        await asyncio.sleep(3 * HOUR_S)
        assert bench.longest_silence_s() < PATIENCE_S

    Bench(Late()).run(scenario)


def test_a_server_that_hangs_is_a_hang():
    async def scenario(bench):
        bench.fetcher.need([need("one", ONE)])
        await asyncio.sleep(2 * HOUR_S)
        assert bench.longest_silence_s() > PATIENCE_S

    Bench(Dead(ONE)).run(scenario)
