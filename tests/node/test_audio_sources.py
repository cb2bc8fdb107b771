"""Sources: files from any position, what is wrong with them, and the sounds the node makes itself."""

import asyncio
import os
from array import array

from support_audio import RATE, Bench, all_of, chunk, ima_format_chunk, index_of, largest_step, number, pcm_head, pcm_wav, vector_file

from node.audio.codecs.ima_adpcm import ImaAdpcm
from node.audio.sources.chime import Chime, Siren
from node.audio.sources.file import FileSource
from node.audio.sources.silence import Silence
from node.refusal import DAMAGED, LENGTH, NOT_AUDIO, Refused

RAMP = array("h", range(-12000, 12000))


class _File:
    """A file of this content for as long as the `with` lasts."""

    def __init__(self, content):
        self.path = "/tmp/audio-{:08x}.wav".format(int.from_bytes(os.urandom(4), "big"))
        with open(self.path, "wb") as file:
            file.write(content)

    def __enter__(self):
        return self.path

    def __exit__(self, kind, error, trace):
        os.remove(self.path)


async def _code_of(source, start_ms=0):
    try:
        await all_of(source, start_ms)
    except Refused as refused:
        source.close()
        return refused.code
    raise AssertionError("not refused")


async def test_pcm_from_any_position():
    with _File(pcm_wav(RAMP) + chunk(b"LIST", b"INFO after the sound")) as path:
        for start_ms in (0, 1, 333, 999, 1000, 5000):
            source = FileSource(path)
            content = await all_of(source, start_ms)
            start = min(start_ms * RATE // 1000, len(RAMP))
            assert content == bytes(RAMP)[2 * start :], start_ms
            assert source.skip_frames == 0 and source.frames_left == len(RAMP) - start and source.total_ms == 1000


async def test_adpcm_starts_at_a_block_and_skips_the_rest():
    path = vector_file("sweep.wav")
    whole = FileSource(path)
    samples = _decoded(await all_of(whole), whole.format)
    frames = whole.frames_left
    for start_ms in (0, 42, 43, 100, 300):
        source = FileSource(path)
        content = await all_of(source, start_ms)
        start = start_ms * RATE // 1000
        assert source.skip_frames == start % source.format.block_frames
        assert source.frames_left == frames - start
        assert _decoded(content, source.format)[source.skip_frames :] == samples[start:]


def _decoded(content, format):
    codec = ImaAdpcm()
    codec.start(format)
    out = array("h", [0] * format.frames_in(len(content)))
    codec.feed(content, len(content))
    assert codec.decode_into(out, 0, len(out)) == len(out)
    return out


async def test_files_that_cannot_be_played():
    assert await _code_of(FileSource("/tmp/there is no such file")) == DAMAGED
    assert await _code_of(FileSource("/tmp")) == DAMAGED
    for content, code in (
        (b"", NOT_AUDIO),
        (b"RIFF", NOT_AUDIO),
        (pcm_head(RATE, 100)[:40], NOT_AUDIO),
        (b"\xff\xfb" + bytes(500), NOT_AUDIO),
        (pcm_wav(RAMP)[:-1], LENGTH),
        (pcm_head(RATE, 100), LENGTH),
    ):
        with _File(content) as path:
            assert await _code_of(FileSource(path)) == code, content[:12]


async def test_a_file_cut_while_it_plays():
    with _File(pcm_wav(RAMP)) as path:
        source = FileSource(path)
        await source.open(0)
        with open(path, "wb") as file:
            file.write(pcm_head(RATE, 2 * len(RAMP)) + bytes(100))
        view = memoryview(bytearray(4096))
        total = 0
        try:
            while total < 2 * len(RAMP):
                total += await source.readinto(view)
        except Refused as refused:
            source.close()
            assert refused.code == LENGTH
            return
        raise AssertionError("not refused")


async def test_an_unknown_size_is_the_files():
    with _File(pcm_wav(RAMP[:480], RATE, 0xFFFFFFFF)) as path:
        source = FileSource(path)
        assert await all_of(source) == bytes(RAMP[:480])
        assert source.total_ms == 20


async def test_an_adpcm_file_of_no_whole_block():
    content = b"RIFF\0\0\0\0WAVE" + ima_format_chunk(512) + b"data" + number(6, 4) + bytes(6)
    with _File(content) as path:
        source = FileSource(path)
        assert await all_of(source) == bytes(6)
        assert source.frames_left == 5


def test_a_file_is_played_and_resumed():
    async def scenario(bench):
        with _File(pcm_wav(RAMP)) as path:
            outcome = await bench.player.play(FileSource(path), 250)
        assert (outcome.from_ms, outcome.to_ms, outcome.why) == (250, 1000, "end")

    bench = Bench()
    bench.run(scenario)
    assert index_of(bench.emitted, RAMP[6000 + 600 : 23400]) >= 0


async def test_silence_is_as_long_as_asked():
    assert await all_of(Silence(RATE, 100)) == bytes(2 * 2400)
    assert await all_of(Silence(RATE, 100), 90, 7) == bytes(2 * 240)
    assert await all_of(Silence(RATE, 100), 200) == b""


async def test_chime_rings_out():
    source = Chime(RATE)
    samples = array("h", await all_of(source))
    assert len(samples) * 1000 == source.total_ms * RATE
    assert 6_000 < max(samples[:12000]) < 32767
    assert max(samples[-1200:]) < 300
    assert 1500 < _crossings(samples[:12000]) * 1000 // 500 < 1620  # G5, twice 784 a second


async def test_chime_resumed_is_the_same_chime():
    whole = await all_of(Chime(RATE), 0, 4096)
    source = Chime(RATE)
    part = await all_of(source, 1700, 1000)
    assert part == whole and source.skip_frames == 1700 * RATE // 1000
    assert source.frames_left == len(whole) // 2 - source.skip_frames


async def test_siren_rises_and_falls():
    source = Siren(RATE, 5000)
    samples = array("h", await all_of(source, 0, 2048))
    assert len(samples) == 5 * RATE and 20_000 < max(samples) < 23_000
    tones = [_crossings(samples[start : start + RATE // 10]) * 5 for start in range(0, 5 * RATE - RATE // 10, RATE // 2)]
    assert 380 < tones[0] < 450 and 900 < tones[4] < 1000 and 380 < tones[8] < 450
    assert largest_step(samples) < 6_000


async def test_siren_from_anywhere_is_as_long_as_is_left():
    for start_ms in (0, 1, 1999, 2000, 2500, 4999, 5000, 6000):
        source = Siren(RATE, 5000)
        content = await all_of(source, start_ms, 1001)
        assert len(content) // 2 == max(0, 5000 - start_ms) * RATE // 1000 == source.frames_left


def _crossings(samples):
    return sum(1 for i in range(1, len(samples)) if (samples[i - 1] < 0) != (samples[i] < 0))


def test_the_built_in_sounds_play_at_other_rates():
    for rate in (16000, 48000):

        async def scenario(bench):
            outcome = await bench.player.play(Chime(rate), 3000)
            assert (outcome.from_ms, outcome.to_ms, outcome.why) == (3000, 3500, "end")
            task = asyncio.create_task(bench.player.play(Siren(rate, 60_000)))
            await asyncio.sleep_ms(300)
            bench.player.stop()
            assert (await task).why == "stopped"

        Bench(rate).run(scenario)
