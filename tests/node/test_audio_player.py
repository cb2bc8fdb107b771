"""The player on emitted samples: what is played, how far it was heard, and that nothing ever clicks."""

import asyncio
from array import array

from support_audio import RATE, Bench, MemorySource, index_of, largest_step, sine
from support_player import FADE_STEP, FORMAT, assert_no_click, sound_frames, source_of


def test_plays_exactly_what_the_source_gives():
    programme = sine(24000)

    async def scenario(bench):
        outcome = await bench.player.play(source_of(programme))
        assert (outcome.from_ms, outcome.to_ms, outcome.why) == (0, 1000, "end")
        await asyncio.sleep_ms(500)

    bench = Bench()
    bench.run(scenario)
    at = index_of(bench.emitted, programme[600:23000])
    assert at >= 0
    first, last = sound_frames(bench)
    assert first >= at - 600 and last < at - 600 + 24000
    assert_no_click(bench, programme)
    assert bench.player.underruns == 0 and bench.player.starvations == 0 and bench.board.writes_lost == 0
    assert bench.check_ins > 100


def test_every_length_around_a_block_ends_without_a_click():
    for frames in (1, 2, 100, 511, 512, 513, 700, 1023, 1024, 1025, 2000):
        programme = sine(frames)
        outcome = []

        async def scenario(bench):
            outcome.append(await bench.player.play(source_of(programme)))

        bench = Bench()
        bench.run(scenario)
        assert outcome[0].why == "end" and outcome[0].to_ms == frames * 1000 // RATE, frames
        assert largest_step(bench.emitted) <= 472 + FADE_STEP, frames


def test_skip_and_limit():
    programme = array("h", range(1, 12001))

    async def scenario(bench):
        outcome = await bench.player.play(source_of(programme, 6000, 3000), 125)
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
        outcome = await bench.player.play(source_of(programme))
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
    first, last = sound_frames(bench)
    heard = last - first + 2
    assert abs(heard - outcome.to_ms * RATE // 1000) < 64, (heard, outcome.to_ms)
    assert_no_click(bench, programme)


def test_stopped_and_resumed_nothing_is_missing():
    programme = array("h", range(-15000, 15000))

    async def scenario(bench):
        async def stop_later():
            await asyncio.sleep_ms(500)
            bench.player.stop()

        task = asyncio.create_task(stop_later())
        first = await bench.player.play(source_of(programme))
        await task
        at = first.to_ms * RATE // 1000
        second = await bench.player.play(source_of(programme[at:]), first.to_ms)
        assert second.why == "end" and second.from_ms == first.to_ms and second.to_ms == 1250

    bench = Bench()
    bench.run(scenario)
    assert largest_step(bench.emitted) <= FADE_STEP


def test_one_after_the_other_waits_its_turn():
    async def scenario(bench):
        one = asyncio.create_task(bench.player.play(source_of(sine(6000))))
        two = asyncio.create_task(bench.player.play(source_of(sine(12000))))
        assert (await one).to_ms == 250
        assert (await two).to_ms == 500

    Bench().run(scenario)


def test_amplifier_goes_off_after_a_while_and_comes_back():
    async def scenario(bench):
        await bench.player.play(source_of(sine(6000)))
        await asyncio.sleep_ms(1000)
        assert bench.board.amplifier.is_on
        await asyncio.sleep_ms(3000)
        assert not bench.board.amplifier.is_on and bench.board.i2s is None
        await asyncio.sleep_ms(5000)
        await bench.player.play(source_of(sine(6000)))
        assert bench.board.amplifier.is_on

    bench = Bench()
    bench.run(scenario)
    assert [state for state, _ in bench.board.amplifier.switched] == [True, False, True, False]
    assert largest_step(bench.emitted) <= 470 + FADE_STEP


def test_clocks_start_anew_where_flash_was_written_since_the_last_programme():
    async def scenario(bench):
        for writes in (True, False, True):
            await bench.player.play(source_of(sine(6000)))
            await asyncio.sleep_ms(500)
            if writes:
                async with bench.gate.writing():
                    pass
        await bench.player.play(source_of(sine(6000)))

    bench = Bench()
    bench.run(scenario)
    assert [state for state, _ in bench.board.amplifier.switched][:5] == [True, False, True, False, True]
    assert largest_step(bench.emitted) <= 470 + FADE_STEP


def test_muted_it_plays_on_unheard():
    async def scenario(bench):
        bench.player.set_volume(0)
        outcome = await bench.player.play(MemorySource(FORMAT, [bytes(sine(RATE)), 300, bytes(sine(RATE))]))
        assert (outcome.to_ms, outcome.why) == (2000, "end")

    bench = Bench()
    bench.run(scenario)
    assert not any(bench.emitted)


def test_volume_moves_in_ramps():
    programme = array("h", [30000] * (4 * RATE))

    async def scenario(bench):
        async def turn():
            for per_cent in (0, 100, 10, 60, 61, 100, 0, 100):
                await asyncio.sleep_ms(333)
                bench.player.set_volume(per_cent)

        task = asyncio.create_task(turn())
        await bench.player.play(source_of(programme))
        await task

    bench = Bench()
    bench.run(scenario)
    assert largest_step(bench.emitted) <= FADE_STEP
    assert {0, 298, 10800, 30000} <= set(bench.emitted)


def test_ceiling():
    async def scenario(bench):
        await bench.player.play(source_of(array("h", [10000] * RATE)))

    bench = Bench(ceiling=8192)
    bench.run(scenario)
    assert max(bench.emitted) == 5000


def test_position_follows_what_left_the_ring():
    async def scenario(bench):
        assert bench.player.position_ms is None
        task = asyncio.create_task(bench.player.play(source_of(array("h", [1000] * (3 * RATE))), 5000))
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
        task = asyncio.create_task(bench.player.play(source_of(programme)))
        await asyncio.sleep_ms(700)
        task.cancel()
        await asyncio.sleep_ms(700)
        assert bench.gate.open
        assert (await bench.player.play(source_of(sine(6000)))).why == "end"

    bench = Bench()
    bench.run(scenario)
    assert_no_click(bench, programme)


def test_a_cancelled_player_fades_and_switches_off():
    programme = sine(2 * RATE)

    async def scenario(bench):
        task = asyncio.create_task(bench.player.play(source_of(programme)))
        await asyncio.sleep_ms(700)
        tasks.append(task)

    tasks = []
    bench = Bench()
    bench.run(scenario)
    assert_no_click(bench, programme)
    assert [state for state, _ in bench.board.amplifier.switched] == [True, False]
    assert bench.board.i2s is None and bench.gate.open
