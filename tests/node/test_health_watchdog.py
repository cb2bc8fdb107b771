"""The watchdog is fed while all tasks live, and names the one that does not."""

import asyncio
import time

from node.health.watchdog import Watchdog

START = (1 << 30) - 300  # the ticks wrap during the tests


class _Bench:
    def __init__(self):
        self.fed = 0
        self.named = []
        self.dog = Watchdog(self, self.named.append)

    def feed(self):
        self.fed += 1


def _at(milliseconds):
    return time.ticks_add(START, milliseconds)


def test_fed_while_everybody_checks_in():
    bench = _Bench()
    bench.dog.register("player", 1000, _at(0))
    bench.dog.register("session", 5000, _at(0))
    for now in range(0, 20_000, 500):
        bench.dog.check_in("player", _at(now))
        if now % 5000 == 0:
            bench.dog.check_in("session", _at(now))
        assert bench.dog.look(_at(now)) is None
    assert bench.fed == 40 and bench.named == []


def test_one_that_hangs_is_named_once_and_nothing_feeds_again():
    bench = _Bench()
    bench.dog.register("player", 1000, _at(0))
    bench.dog.register("session", 5000, _at(0))
    bench.dog.check_in("player", _at(5000))
    assert bench.dog.look(_at(5000)) is None
    bench.dog.check_in("player", _at(5001))
    assert bench.dog.look(_at(5001)) == "session"
    bench.dog.check_in("session", _at(5002))
    assert bench.dog.look(_at(5002)) == "session" == bench.dog.stuck
    assert bench.fed == 1 and bench.named == ["session"]


def test_a_task_that_ended_is_not_missed_and_a_stranger_is_an_error():
    bench = _Bench()
    bench.dog.register("update", 10, _at(0))
    bench.dog.forget("update")
    assert bench.dog.look(_at(5000)) is None
    try:
        bench.dog.check_in("update", _at(5000))
        raise AssertionError("taken")
    except KeyError:
        pass


async def test_the_task_ends_when_one_hangs():
    bench = _Bench()
    bench.dog.register("player", 100, time.ticks_add(time.ticks_ms(), -1000))
    await asyncio.wait_for_ms(bench.dog.run(), 1000)
    assert bench.fed == 0 and bench.named == ["player"]
