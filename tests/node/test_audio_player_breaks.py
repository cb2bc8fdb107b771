"""The player where something fails: a source that is late, dead, broken or wrong, a loop that stalls, an output that does not start."""

import asyncio
import gc
from array import array
from errno import EIO, ENOMEM

from support_audio import RATE, STEP_MAX, Bench, MemorySource, index_of, sine
from support_player import FORMAT, assert_no_click, source_of

from node.audio.feeder import BREAK
from node.audio.sources.silence import Silence
from node.refusal import CODEC, FULL, LENGTH, NOT_AUDIO, OUTPUT, Refused
from node.refusal import RATE as RATE_CODE


def test_starvation_fades_out_waits_and_fades_in():
    programme = sine(3 * RATE)

    async def scenario(bench):
        script = [bytes(programme[: RATE + 300]), 2_000, bytes(programme[RATE + 300 :])]
        outcome = await bench.player.play(MemorySource(FORMAT, script))
        assert (outcome.to_ms, outcome.why) == (3000, "end")

    bench = Bench()
    bench.run(scenario)
    assert bench.player.starvations == 1 and bench.player.underruns == 0
    assert_no_click(bench, programme)
    assert index_of(bench.emitted, programme[1000 : RATE - 600]) >= 0
    assert index_of(bench.emitted, programme[RATE + 1000 : 3 * RATE - 1000]) >= 0


def test_a_short_wait_is_not_heard():
    programme = sine(3 * RATE)

    async def scenario(bench):
        script = [bytes(programme[:RATE]), 60, bytes(programme[RATE:])]
        await bench.player.play(MemorySource(FORMAT, script))

    bench = Bench()
    bench.run(scenario)
    assert bench.player.starvations == 0
    assert index_of(bench.emitted, programme[1000 : 3 * RATE - 1000]) >= 0


def test_a_dead_source_ends_starved():
    programme = sine(RATE)

    async def scenario(bench):
        source = MemorySource(FORMAT, [bytes(programme), 10_000, bytes(programme)])
        outcome = await bench.player.play(source)
        assert (outcome.to_ms, outcome.why) == (1000, "starved")
        assert 3_500_000 < bench.clock.now_us < 4_500_000
        await asyncio.sleep_ms(100)
        assert source.closed

    bench = Bench(starved_ms=3000)
    bench.run(scenario)
    assert_no_click(bench, programme)


def test_a_source_that_never_opens_ends_starved_or_stopped():
    class Stuck(MemorySource):
        async def open(self, start_ms):
            await asyncio.sleep_ms(600_000)

    async def scenario(bench):
        outcome = await bench.player.play(Stuck(FORMAT, []), 7)
        assert (outcome.from_ms, outcome.to_ms, outcome.why) == (7, 7, "starved")
        task = asyncio.create_task(bench.player.play(Stuck(FORMAT, [])))
        await asyncio.sleep_ms(50)
        bench.player.stop()
        assert (await task).why == "stopped"

    bench = Bench()
    bench.run(scenario)
    assert not bench.board.amplifier.switched


def test_a_break_fades_on_both_sides():
    programme = sine(RATE)
    other = array("h", [-sample for sample in programme])

    async def scenario(bench):
        outcome = await bench.player.play(MemorySource(FORMAT, [bytes(programme) + b"\7", BREAK, bytes(other)]))
        assert (outcome.to_ms, outcome.why) == (2000, "end")

    bench = Bench()
    bench.run(scenario)
    assert_no_click(bench, programme)
    assert index_of(bench.emitted, programme[1000 : RATE - 600]) >= 0
    assert index_of(bench.emitted, other[600 : RATE - 600]) >= 0


def _stalled(why, then=lambda bench: None):
    """What was emitted of 3 s of a loud constant behind which the loop stood still for longer than the ring lasts; it ended for the reason `why`."""

    async def scenario(bench):
        async def stall():
            await asyncio.sleep_ms(1000)
            bench.clock.pass_us(400_000)
            then(bench)

        task = asyncio.create_task(stall())
        outcome = await bench.player.play(source_of(array("h", [20000] * (3 * RATE))))
        await task
        assert outcome.why == why

    bench = Bench()
    bench.run(scenario)
    assert bench.player.underruns == 1
    return bench.emitted


def _rises(emitted):
    """Where it goes up faster than a fade."""
    return [i for i in range(1, len(emitted)) if emitted[i] - emitted[i - 1] > STEP_MAX]


def test_a_stall_longer_than_the_ring_is_an_underrun_and_comes_back_faded():
    emitted = _stalled("end")
    falls = [i for i in range(1, len(emitted)) if emitted[i - 1] - emitted[i] > STEP_MAX]
    assert len(falls) == 1 and _rises(emitted) == []


class _StallingSource(MemorySource):
    """Holds everything up in one of its reads, as a slow flash does."""

    def __init__(self, programme, bench, read, stall_us):
        super().__init__(FORMAT, [bytes(programme[at : at + 600]) for at in range(0, len(programme), 600)])
        self._bench = bench
        self._reads_left = read
        self._stall_us = stall_us

    async def readinto(self, view):
        if self._reads_left == 0:
            self._bench.clock.pass_us(self._stall_us)
        self._reads_left -= 1
        return await super().readinto(view)


def test_a_stall_at_the_start_of_a_programme_makes_no_step_that_a_dry_ring_does_not_make():
    programme = array("h", [20000] * RATE)
    for read in range(5):
        for stall_us in (30_000, 45_000, 60_000, 90_000):

            async def scenario(bench):
                await bench.player.play(source_of(array("h", [0] * 4000)))
                await asyncio.sleep_ms(500)
                await bench.player.play(_StallingSource(programme, bench, read, stall_us))

            bench = Bench()
            bench.run(scenario)
            emitted = bench.emitted
            steps = [i for i in range(1, len(emitted)) if abs(emitted[i] - emitted[i - 1]) > STEP_MAX]
            assert [i for i in steps if any(emitted[i : i + 256])] == [], (read, stall_us)


def test_stopped_in_a_stall_nothing_comes_after_it():
    emitted = _stalled("stopped", lambda bench: bench.player.stop())
    assert _rises(emitted) == []


def test_refusals_in_mid_play_fade():
    programme = sine(RATE)

    async def scenario(bench):
        outcome = await bench.player.play(MemorySource(FORMAT, [bytes(programme), Refused(LENGTH, "cut")]))
        assert (outcome.to_ms, outcome.why, outcome.reason) == (1000, LENGTH, "cut")

    bench = Bench()
    bench.run(scenario)
    assert_no_click(bench, programme)


def test_refused_before_a_sound():
    class Unopened(MemorySource):
        async def open(self, start_ms):
            raise Refused(NOT_AUDIO, "no")

    class Other:
        codec = "mp3"
        rate = RATE

    async def scenario(bench):
        play = bench.player.play
        assert (await play(Unopened(FORMAT, []))).why == NOT_AUDIO
        assert (await play(MemorySource(Other, []))).why == CODEC
        assert (await play(Silence(16000, 100))).why == RATE_CODE
        assert not bench.board.amplifier.switched
        for fault, code in ((EIO, OUTPUT), (ENOMEM, FULL)):
            bench.board.broken = fault
            assert (await play(source_of(sine(6000)))).why == code
        bench.board.broken = None
        assert (await play(source_of(sine(6000)))).why == "end"

    Bench().run(scenario)


def test_flash_may_be_written_after_an_output_that_did_not_start():
    async def scenario(bench):
        bench.board.amplifier.broken = True
        assert (await bench.player.play(source_of(sine(6000)))).why == OUTPUT
        await asyncio.sleep_ms(2_000)
        assert bench.gate.open and not bench.player.sounding

    Bench().run(scenario)


def test_a_source_that_loses_a_cancellation_is_ended_all_the_same():
    """`wait_for` loses one that comes in the moment in which what it waited for is there."""

    class Deaf(MemorySource):
        async def open(self, start_ms):
            try:
                await asyncio.sleep(10)
            except asyncio.CancelledError:
                pass
            await asyncio.Event().wait()

    async def scenario(bench):
        async def stop_soon():
            await asyncio.sleep_ms(100)
            bench.player.stop()

        stopping = asyncio.create_task(stop_soon())
        outcome = await asyncio.wait_for_ms(bench.player.play(Deaf(FORMAT, [])), 2_000)
        assert outcome.why == "stopped"
        await stopping

    Bench().run(scenario)


def test_a_source_with_a_bug_ends_and_the_player_lives():
    class Buggy(MemorySource):
        async def readinto(self, view):
            raise ValueError("bug")

    async def scenario(bench):
        loop = asyncio.get_event_loop()
        loop.set_exception_handler(lambda loop, context: reported.append(context["exception"]))
        try:
            assert (await bench.player.play(Buggy(FORMAT, []))).why == NOT_AUDIO
            gc.collect()  # CPython reports what nobody asked for when it is thrown away
            assert (await bench.player.play(source_of(sine(6000)))).why == "end"
        finally:
            loop.set_exception_handler(None)

    reported = []
    Bench().run(scenario)
    assert [str(error) for error in reported] == ["bug"]


def test_lost_callbacks_are_not_heard():
    programme = sine(3 * RATE)

    async def scenario(bench):
        bench.board.lose = (5, 9, 30, 31, 70)
        outcome = await bench.player.play(source_of(programme))
        assert (outcome.to_ms, outcome.why) == (3000, "end")

    bench = Bench()
    bench.run(scenario)
    assert index_of(bench.emitted, programme[1000 : 3 * RATE - 1000]) >= 0
    assert bench.sink.callbacks_lost == 5
