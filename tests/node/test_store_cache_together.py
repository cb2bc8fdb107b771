"""What the cache does while sound is out, and for several who want files at one time."""

import asyncio

from support_cache import A, B, Bench
from support_files import variant
from support_store import ON_FLASH, run
from support_time import turns

from node.refusal import HASH, Refused


async def _interrupted(bench):
    """The task of a download in the middle of which sound has begun."""

    def sound_starts(response):
        if response.given >= 10_000:
            bench.gate.close()

    bench.server.before = sound_starts
    task = asyncio.create_task(bench.fetch(A))
    while bench.gate.open:
        await asyncio.sleep_ms(0)
    return task


def _silence(bench):
    """The sound is over, and none begins again."""
    bench.server.before = lambda response: None
    bench.gate.reopen()


def test_sound_stops_a_download_and_silence_resumes_it():
    bench = Bench()

    async def life():
        task = await _interrupted(bench)
        await turns(30)
        assert bench.server.responses[0].closed and len(bench.server.requests) == 1
        written = bench.disk.flash.power.writes if ON_FLASH else None
        await turns(30)
        assert not ON_FLASH or bench.disk.flash.power.writes == written
        _silence(bench)
        await task

    run(life())
    assert bench.holds(A) and bench.offsets() == [0, 10_240]
    bench.done()


def test_two_that_fetch_at_once_remove_a_doubted_file_once():
    bench = Bench()
    run(bench.fetch(A))

    async def life():
        bench.cache.doubt(variant(A)["sha256"])
        bench.gate.close()
        tasks = [asyncio.create_task(bench.fetch(what)) for what in (A, B)]
        await turns(10)
        bench.gate.reopen()
        await asyncio.gather(*tasks)

    run(life())
    assert bench.holds(A) and bench.holds(B)
    bench.done()


def test_a_download_given_up_while_sound_is_out_writes_nothing():
    bench = Bench()

    async def life():
        task = await _interrupted(bench)
        written = bench.disk.flash.power.writes if ON_FLASH else None
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            pass
        assert not ON_FLASH or bench.disk.flash.power.writes == written
        assert bench.server.responses[0].closed
        _silence(bench)
        await bench.fetch(A)

    run(life())
    assert bench.holds(A) and bench.offsets() == [0, 10_240]
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
