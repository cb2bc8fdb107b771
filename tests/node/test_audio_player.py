"""The player on emitted samples: what is played, how far it was heard, and that nothing ever clicks."""

import asyncio
import gc
from array import array

from support_audio import RATE, STEP_MAX, Bench, MemorySource, format_of, index_of, largest_step, pcm_head, sine

from node.audio.feeder import BREAK
from node.audio.sources.silence import Silence
from node.refusal import CODEC, LENGTH, NOT_AUDIO, OUTPUT, Refused
from node.refusal import RATE as RATE_CODE

FORMAT = format_of(pcm_head())
FADE_STEP = 64  # a fade of full scale over 512 frames


def _source(samples, frames_left=-1, skip_frames=0):
    return MemorySource(FORMAT, [bytes(samples)], skip_frames, frames_left)


def _assert_no_click(bench, programme):
    assert largest_step(bench.emitted) <= largest_step(programme[i] - programme[0] for i in range(len(programme))) + FADE_STEP + 2
    assert largest_step(bench.emitted) < STEP_MAX + largest_step(programme[i] - programme[0] for i in range(len(programme)))


def _sound_frames(bench):
    """First and last frame of sound in what was emitted."""
    sounding = [i for i, sample in enumerate(bench.emitted) if sample]
    return sounding[0], sounding[-1]


def test_plays_exactly_what_the_source_gives():
    programme = sine(24000)

    async def scenario(bench):
        outcome = await bench.player.play(_source(programme))
        assert (outcome.from_ms, outcome.to_ms, outcome.why) == (0, 1000, "end")
        await asyncio.sleep_ms(500)

    bench = Bench()
    bench.run(scenario)
    at = index_of(bench.emitted, programme[600:23000])
    assert at >= 0
    first, last = _sound_frames(bench)
    assert first >= at - 600 and last < at - 600 + 24000
    _assert_no_click(bench, programme)
    assert bench.player.underruns == 0 and bench.player.starvations == 0 and bench.board.writes_lost == 0
    assert bench.check_ins > 100


def test_every_length_around_a_block_ends_without_a_click():
    for frames in (1, 2, 100, 511, 512, 513, 700, 1023, 1024, 1025, 2000):
        programme = sine(frames)
        outcome = []

        async def scenario(bench):
            outcome.append(await bench.player.play(_source(programme)))

        bench = Bench()
        bench.run(scenario)
        assert outcome[0].why == "end" and outcome[0].to_ms == frames * 1000 // RATE, frames
        assert largest_step(bench.emitted) <= 472 + FADE_STEP, frames


def test_skip_and_limit():
    programme = array("h", range(1, 12001))

    async def scenario(bench):
        outcome = await bench.player.play(_source(programme, 6000, 3000), 125)
        assert (outcome.from_ms, outcome.to_ms, outcome.why) == (125, 375, "end")

    bench = Bench()
    bench.run(scenario)
    assert index_of(bench.emitted, programme[3000 + 512 : 9000 - 512]) >= 0
    assert max(bench.emitted) < 9001


def test_stop_fades_and_tells_how_far_it_was_heard():
    programme = sine(3 * RATE)

    async def scenario(bench):
        async def stop_later():
            await asyncio.sleep_ms(1234)
            assert bench.player.sounding and not bench.gate.open
            asked.append(bench.clock.now_us)
            bench.player.stop()

        task = asyncio.create_task(stop_later())
        outcome = await bench.player.play(_source(programme))
        await task
        outcomes.append(outcome)
        assert bench.clock.now_us - asked[0] < 330_000
        await asyncio.sleep_ms(200)
        assert bench.gate.open and not bench.player.sounding

    asked, outcomes = [], []
    bench = Bench()
    bench.run(scenario)
    outcome = outcomes[0]
    assert outcome.why == "stopped"
    first, last = _sound_frames(bench)
    heard = last - first + 2
    assert abs(heard - outcome.to_ms * RATE // 1000) < 64, (heard, outcome.to_ms)
    _assert_no_click(bench, programme)


def test_stopped_and_resumed_nothing_is_missing():
    programme = array("h", range(-15000, 15000))

    async def scenario(bench):
        async def stop_later():
            await asyncio.sleep_ms(500)
            bench.player.stop()

        task = asyncio.create_task(stop_later())
        first = await bench.player.play(_source(programme))
        await task
        at = first.to_ms * RATE // 1000
        second = await bench.player.play(_source(programme[at:]), first.to_ms)
        assert second.why == "end" and second.from_ms == first.to_ms and second.to_ms == 1250

    bench = Bench()
    bench.run(scenario)
    assert largest_step(bench.emitted) <= FADE_STEP


def test_one_after_the_other_waits_its_turn():
    async def scenario(bench):
        one = asyncio.create_task(bench.player.play(_source(sine(6000))))
        two = asyncio.create_task(bench.player.play(_source(sine(12000))))
        assert (await one).to_ms == 250
        assert (await two).to_ms == 500

    Bench().run(scenario)


def test_amplifier_goes_off_after_a_while_and_comes_back():
    async def scenario(bench):
        await bench.player.play(_source(sine(6000)))
        await asyncio.sleep_ms(1000)
        assert bench.board.amplifier.is_on
        await asyncio.sleep_ms(3000)
        assert not bench.board.amplifier.is_on and bench.board.i2s is None
        await asyncio.sleep_ms(5000)
        await bench.player.play(_source(sine(6000)))
        assert bench.board.amplifier.is_on

    bench = Bench()
    bench.run(scenario)
    assert [state for state, _ in bench.board.amplifier.switched] == [True, False, True, False]
    assert largest_step(bench.emitted) <= 470 + FADE_STEP


def test_clocks_start_anew_where_flash_was_written_since_the_last_programme():
    async def scenario(bench):
        for writes in (True, False, True):
            await bench.player.play(_source(sine(6000)))
            await asyncio.sleep_ms(500)
            if writes:
                async with bench.gate.writing():
                    pass
        await bench.player.play(_source(sine(6000)))

    bench = Bench()
    bench.run(scenario)
    assert [state for state, _ in bench.board.amplifier.switched][:5] == [True, False, True, False, True]
    assert largest_step(bench.emitted) <= 470 + FADE_STEP


def test_starvation_fades_out_waits_and_fades_in():
    programme = sine(3 * RATE)

    async def scenario(bench):
        script = [bytes(programme[: RATE + 300]), 2_000, bytes(programme[RATE + 300 :])]
        outcome = await bench.player.play(MemorySource(FORMAT, script))
        assert (outcome.to_ms, outcome.why) == (3000, "end")

    bench = Bench()
    bench.run(scenario)
    assert bench.player.starvations == 1 and bench.player.underruns == 0
    _assert_no_click(bench, programme)
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
    _assert_no_click(bench, programme)


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
    _assert_no_click(bench, programme)
    assert index_of(bench.emitted, programme[1000 : RATE - 600]) >= 0
    assert index_of(bench.emitted, other[600 : RATE - 600]) >= 0


def test_a_stall_longer_than_the_ring_is_an_underrun_and_comes_back_faded():
    programme = array("h", [20000] * (3 * RATE))

    async def scenario(bench):
        async def stall():
            await asyncio.sleep_ms(1000)
            bench.clock.pass_us(400_000)

        task = asyncio.create_task(stall())
        outcome = await bench.player.play(_source(programme))
        await task
        assert outcome.why == "end"

    bench = Bench()
    bench.run(scenario)
    assert bench.player.underruns == 1
    falls = [i for i in range(1, len(bench.emitted)) if bench.emitted[i - 1] - bench.emitted[i] > STEP_MAX]
    rises = [i for i in range(1, len(bench.emitted)) if bench.emitted[i] - bench.emitted[i - 1] > STEP_MAX]
    assert len(falls) == 1 and rises == []


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
                await bench.player.play(_source(array("h", [0] * 4000)))
                await asyncio.sleep_ms(500)
                await bench.player.play(_StallingSource(programme, bench, read, stall_us))

            bench = Bench()
            bench.run(scenario)
            emitted = bench.emitted
            steps = [i for i in range(1, len(emitted)) if abs(emitted[i] - emitted[i - 1]) > STEP_MAX]
            assert [i for i in steps if any(emitted[i : i + 256])] == [], (read, stall_us)


def test_stopped_in_a_stall_nothing_comes_after_it():
    programme = array("h", [20000] * (3 * RATE))

    async def scenario(bench):
        async def stall():
            await asyncio.sleep_ms(1000)
            bench.clock.pass_us(400_000)
            bench.player.stop()

        task = asyncio.create_task(stall())
        outcome = await bench.player.play(_source(programme))
        await task
        assert outcome.why == "stopped"

    bench = Bench()
    bench.run(scenario)
    assert bench.player.underruns == 1
    assert not [i for i in range(1, len(bench.emitted)) if bench.emitted[i] - bench.emitted[i - 1] > STEP_MAX]


def test_muted_it_plays_on_unheard():
    async def scenario(bench):
        bench.player.set_volume(0)
        outcome = await bench.player.play(MemorySource(FORMAT, [bytes(sine(RATE)), 300, bytes(sine(RATE))]))
        assert (outcome.to_ms, outcome.why) == (2000, "end")

    bench = Bench()
    bench.run(scenario)
    assert not any(bench.emitted)


def test_refusals_in_mid_play_fade():
    programme = sine(RATE)

    async def scenario(bench):
        outcome = await bench.player.play(MemorySource(FORMAT, [bytes(programme), Refused(LENGTH, "cut")]))
        assert (outcome.to_ms, outcome.why, outcome.reason) == (1000, LENGTH, "cut")

    bench = Bench()
    bench.run(scenario)
    _assert_no_click(bench, programme)


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
        bench.board.broken = True
        assert (await play(_source(sine(6000)))).why == OUTPUT
        bench.board.broken = False
        assert (await play(_source(sine(6000)))).why == "end"

    Bench().run(scenario)


def test_flash_may_be_written_after_an_output_that_did_not_start():
    async def scenario(bench):
        bench.board.amplifier.broken = True
        assert (await bench.player.play(_source(sine(6000)))).why == OUTPUT
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
            assert (await bench.player.play(_source(sine(6000)))).why == "end"
        finally:
            loop.set_exception_handler(None)

    reported = []
    Bench().run(scenario)
    assert [str(error) for error in reported] == ["bug"]


def test_volume_moves_in_ramps():
    programme = array("h", [30000] * (4 * RATE))

    async def scenario(bench):
        async def turn():
            for per_cent in (0, 100, 10, 60, 61, 100, 0, 100):
                await asyncio.sleep_ms(333)
                bench.player.set_volume(per_cent)

        task = asyncio.create_task(turn())
        await bench.player.play(_source(programme))
        await task

    bench = Bench()
    bench.run(scenario)
    assert largest_step(bench.emitted) <= FADE_STEP
    assert {0, 298, 10800, 30000} <= set(bench.emitted)


def test_ceiling():
    async def scenario(bench):
        await bench.player.play(_source(array("h", [10000] * RATE)))

    bench = Bench(ceiling=8192)
    bench.run(scenario)
    assert max(bench.emitted) == 5000


def test_position_follows_what_left_the_ring():
    async def scenario(bench):
        assert bench.player.position_ms is None
        task = asyncio.create_task(bench.player.play(_source(array("h", [1000] * (3 * RATE))), 5000))
        for _ in range(40):
            await asyncio.sleep_ms(50)
            heard_ms = sum(1 for sample in bench.emitted if sample) * 1000 // RATE
            assert 5000 + heard_ms - 45 <= bench.player.position_ms <= 5000 + heard_ms + 5, heard_ms
        bench.player.stop()
        await task

    Bench().run(scenario)


def test_a_cancelled_call_fades():
    programme = sine(2 * RATE)

    async def scenario(bench):
        task = asyncio.create_task(bench.player.play(_source(programme)))
        await asyncio.sleep_ms(700)
        task.cancel()
        await asyncio.sleep_ms(700)
        assert bench.gate.open
        assert (await bench.player.play(_source(sine(6000)))).why == "end"

    bench = Bench()
    bench.run(scenario)
    _assert_no_click(bench, programme)


def test_a_cancelled_player_fades_and_switches_off():
    programme = sine(2 * RATE)

    async def scenario(bench):
        task = asyncio.create_task(bench.player.play(_source(programme)))
        await asyncio.sleep_ms(700)
        tasks.append(task)

    tasks = []
    bench = Bench()
    bench.run(scenario)
    _assert_no_click(bench, programme)
    assert [state for state, _ in bench.board.amplifier.switched] == [True, False]
    assert bench.board.i2s is None and bench.gate.open


def test_lost_callbacks_are_not_heard():
    programme = sine(3 * RATE)

    async def scenario(bench):
        bench.board.lose = (5, 9, 30, 31, 70)
        outcome = await bench.player.play(_source(programme))
        assert (outcome.to_ms, outcome.why) == (3000, "end")

    bench = Bench()
    bench.run(scenario)
    assert index_of(bench.emitted, programme[1000 : 3 * RATE - 1000]) >= 0
    assert bench.sink.callbacks_lost == 5
