"""A number told in beeps is counted as it is meant: tones, pauses between digits, a zero that is unlike a one, no clicks, no two numbers alike."""

import asyncio
from array import array

from support_audio import RATE, STEP_MAX, Bench, all_of
from support_count import counted

from node.audio.sources.beeps import Beeps


async def _samples(number, rate=RATE, size=300):
    source = Beeps(rate, number)
    content = await all_of(source, size=size)
    assert len(content) == 2 * source.total_ms * rate // 1000
    return array("h", content)


async def test_a_number_is_heard_as_it_is_written():
    for number in (0, 1, 3, 9, 10, 13, 31, 40, 99, 100, 111):
        assert counted(await _samples(number), RATE) == str(number)


async def test_at_other_rates_and_pieces_too():
    for rate in (16000, 32000, 48000):
        assert counted(await _samples(13, rate, size=4096), rate) == "13"
    assert await _samples(25, size=4096) == await _samples(25, size=34)


async def test_resumed_it_is_the_same():
    whole = await _samples(13)
    source = Beeps(RATE, 13)
    rest = array("h", await all_of(source, 1000, 4096))
    assert bytes(rest[source.skip_frames :]) == bytes(whole[RATE:])


def test_it_plays_without_clicks():
    bench = Bench()

    async def scenario(bench):
        await bench.player.play(Beeps(RATE, 13))
        await asyncio.sleep(0)

    bench.run(scenario)
    heard = bench.emitted
    assert counted(heard, RATE) == "13"
    sounding = [at for at, sample in enumerate(heard) if sample]
    assert abs(heard[sounding[-1]]) <= STEP_MAX
