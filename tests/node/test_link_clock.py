"""Three states of time, the floor below which it never goes, and the two epochs."""

import asyncio
import time

from support_time import VirtualClock

from node.link import clock as clock_module
from node.link.clock import COARSE, RTC, SNTP, STATION, SYNCHRONISED, UNSET, Clock

BUILT = 1_790_000_000  # 2026-09-21 14:13:20 UTC, a Monday
NOW = BUILT + 1_000_000


class _Bench:
    def __init__(self, saved=0):
        self.rtc = []
        self.saves = []
        self.moves = []  # the state at each
        self.clock = Clock(BUILT, saved, self.rtc.append, self._save, lambda: self.moves.append(self.clock.state))

    async def _save(self, unix):
        self.saves.append(unix)


def test_unset_at_first_but_tls_gets_the_floor():
    bench = _Bench(saved=BUILT + 86400)
    assert bench.clock.state == UNSET and bench.clock.now() is None and bench.clock.now_ms() is None
    assert bench.clock.floor == BUILT + 86400
    assert bench.rtc[0][:3] == (2026, 9, 22) and bench.rtc[0][4:7] == (14, 13, 20)
    assert bench.rtc[0][3] == 1  # Tuesday; Monday is 0
    assert _Bench(saved=5).clock.floor == BUILT


def test_sources_make_it_coarse_or_synchronised():
    for source, state in ((RTC, COARSE), (STATION, COARSE), (SNTP, SYNCHRONISED)):
        bench = _Bench()
        assert bench.clock.set(NOW * 1000 + 250, source)
        assert bench.clock.state == state and bench.clock.source == source
        assert 0 <= bench.clock.now_ms() - (NOW * 1000 + 250) < 1000
        assert NOW <= bench.clock.now() <= NOW + 1
        assert len(bench.rtc) == 2


def test_less_does_not_replace_more():
    bench = _Bench()
    bench.clock.set(NOW * 1000, SNTP)
    assert not bench.clock.set((NOW + 500) * 1000, STATION)
    assert bench.clock.now() < NOW + 2 and bench.clock.state == SYNCHRONISED
    assert bench.clock.set((NOW - 3) * 1000, SNTP)  # corrections go both ways
    assert bench.clock.now() < NOW


def test_a_station_that_says_otherwise_casts_doubt_on_a_time_server():
    """Which of them is right is not known: the time stays, and the servers are asked again."""
    bench = _Bench()
    bench.clock.set(NOW * 1000, SNTP)
    for apart_s in (-59, 0, 59):
        bench.clock.set((NOW + apart_s) * 1000, STATION)
        assert not bench.clock.doubted.rung
    for apart_s in (-62, 62, -7200):
        bench.clock.set((NOW + apart_s) * 1000, STATION)
        assert bench.clock.doubted.rung
        bench.clock.doubted.clear()
    assert NOW <= bench.clock.now() < NOW + 2 and bench.clock.state == SYNCHRONISED


def test_a_clock_set_back_behind_the_floor_is_refused():
    bench = _Bench()
    bench.clock.raise_floor(NOW)
    assert bench.clock.state == UNSET and bench.clock.now() is None
    assert not bench.clock.set((NOW - 61) * 1000, SNTP)
    assert bench.clock.state == UNSET and len(bench.rtc) == 2
    assert bench.clock.set((NOW - 59) * 1000, SNTP)  # the station may be a little ahead
    assert bench.clock.now() >= NOW


def test_a_proof_moves_a_clock_that_is_behind():
    bench = _Bench()
    bench.clock.set(BUILT * 1000, SNTP)
    bench.clock.raise_floor(BUILT + 30)
    assert bench.clock.now() >= BUILT + 30 and bench.clock.state == SYNCHRONISED
    bench.clock.raise_floor(BUILT + 1000)
    assert bench.clock.now() >= BUILT + 1000 and bench.clock.state == COARSE
    moved = bench.clock.now_ms()
    bench.clock.raise_floor(BUILT + 500)
    assert 0 <= bench.clock.now_ms() - moved < 1000 and bench.clock.floor == BUILT + 1000


class _Ticks:
    """A `time` whose ticks are set by hand and whose epoch is chosen."""

    def __init__(self, first_year):
        self.now = (1 << 30) - 500
        self._offset = 0 if first_year == time.gmtime(0)[0] else 946684800 * (1 if first_year == 2000 else -1)

    def ticks_ms(self):
        return self.now

    def gmtime(self, seconds):
        return time.gmtime(seconds + self._offset)

    ticks_diff = staticmethod(time.ticks_diff)


def _with_time(fake, function):
    clock_module.time = fake
    try:
        return function(fake)
    finally:
        clock_module.time = time


def test_time_runs_on_across_the_wrap_of_the_ticks():
    def run(fake):
        clock = _Bench().clock
        clock.set(NOW * 1000, SNTP)
        for _ in range(30):
            fake.now = (fake.now + (1 << 29) - 1) % (1 << 30)
            clock.now_ms()
        return clock.now_ms()

    assert _with_time(_Ticks(1970), run) == NOW * 1000 + 30 * ((1 << 29) - 1)


def test_both_epochs_give_the_same_calendar():
    def run(fake):
        bench = _Bench()
        return bench.rtc[0]

    for first_year in (1970, 2000):
        assert _with_time(_Ticks(first_year), run) == (2026, 9, 21, 0, 14, 13, 20, 0)


async def _at_once():
    pass


def test_the_floor_is_saved_in_silence_and_rarely():
    async def scenario():
        bench = _Bench(saved=NOW)
        silence = asyncio.Event()
        waits = 0

        async def wait_silence():
            nonlocal waits
            waits += 1
            await silence.wait()

        task = asyncio.create_task(bench.clock.run(wait_silence))
        bench.clock.set((NOW + 86400) * 1000, SNTP)
        await asyncio.sleep(601)
        bench.clock.raise_floor(NOW + 6 * 3600 - 1)
        await asyncio.sleep(601)
        assert not waits  # nothing, or too little, was proved
        bench.clock.raise_floor(NOW + 6 * 3600)
        await asyncio.sleep(601)
        assert waits == 1 and not bench.saves
        bench.clock.raise_floor(NOW + 7 * 3600)
        silence.set()
        await asyncio.sleep(601)
        assert bench.saves == [NOW + 7 * 3600]
        task.cancel()

    VirtualClock().run(scenario())


def test_time_goes_on_where_flash_does_not_take_it():
    async def scenario():
        tries = []

        async def refuse(unix):
            tries.append(unix)
            raise OSError(28)

        clock = Clock(BUILT, 0, lambda date: None, refuse, lambda: None)
        task = asyncio.create_task(clock.run(_at_once))
        for proved in (NOW, NOW + 6 * 3600):
            clock.raise_floor(proved)
            await asyncio.sleep(61)
        assert tries == [NOW, NOW + 6 * 3600] and not task.done()
        task.cancel()

    VirtualClock().run(scenario())


def test_what_a_time_server_said_is_no_floor_after_the_next_boot():
    """Whoever speaks SNTP here lies for a day; the truth must be believed again, before a reboot and after one."""

    async def scenario():
        for ahead_s in (86400, 50 * 365 * 86400):
            bench = _Bench()
            bench.clock.raise_floor(NOW)
            task = asyncio.create_task(bench.clock.run(_at_once))
            bench.clock.set((NOW + ahead_s) * 1000, SNTP)
            await asyncio.sleep(86400)
            assert bench.clock.set((NOW + 86400) * 1000, SNTP)
            task.cancel()
            after = _Bench(saved=bench.saves[-1])
            assert after.clock.set((NOW + 86400) * 1000, SNTP)

    VirtualClock().run(scenario())


def test_others_hear_of_what_moves_the_time_once_it_has():
    bench = _Bench()
    bench.clock.raise_floor(BUILT - 1)
    assert bench.moves == []
    bench.clock.set(NOW * 1000, STATION)
    bench.clock.set(NOW * 1000, SNTP)
    assert bench.moves == [COARSE, SYNCHRONISED]
    bench.clock.set(NOW * 1000, STATION)  # not believed
    bench.clock.raise_floor(NOW - 100)  # moves the floor alone
    assert bench.moves == [COARSE, SYNCHRONISED]
    bench.clock.raise_floor(NOW + 1000)
    assert bench.moves == [COARSE, SYNCHRONISED, COARSE]
