"""Every kernel at its extremes with an integer that fails outside int32, and the synchronous audio path with one that fails outside small integers."""

import hashlib
import json
import sys
from array import array
from pathlib import Path

import micropython
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

NODE_TESTS = Path(__file__).parent.parent / "node"
sys.path.insert(0, str(NODE_TESTS))

from node.audio.codecs import ima_adpcm
from node.audio.codecs.pcm16 import copy
from node.audio.gain import FACTOR_MAX, Ramp, scale
from node.audio.pump import Pump
from node.audio.sink import I2SSink
from node.audio.sources import tone
from node.audio.timeline import Timeline
from node.audio.wav import IMA_ADPCM, Format, Parser

SAMPLES = st.lists(st.sampled_from([-32768, -32767, -1, 0, 1, 32766, 32767]) | st.integers(-32768, 32767), min_size=1, max_size=64)
SMALL_INT = 1 << 30
VECTORS = Path(__file__).parent.parent / "vectors" / "audio"


def test_the_checks_check() -> None:
    @micropython.viper
    def overflows(value: int) -> int:
        value += 1
        return value

    @micropython.viper
    def shifts(count: int) -> int:
        return 1 << count

    @micropython.viper
    def negates(value: int) -> int:
        return -value

    assert overflows(2**31 - 1) == 2**31
    with micropython.int32_checked():
        assert overflows(2**31 - 2) == 2**31 - 1
        for kernel, argument in ((overflows, 2**31 - 1), (shifts, 31), (shifts, 32), (shifts, -1), (negates, -(2**31))):
            with pytest.raises(micropython.Int32Error):
                kernel(argument)
    assert overflows(2**31 - 1) == 2**31


def test_pointers_fail_outside_their_buffer() -> None:
    for pointer, size in ((ptr8, 1), (ptr16, 2), (ptr32, 4)):
        cells = pointer(bytearray(4 * size))
        for index in (-1, 4):
            with pytest.raises(IndexError):
                cells[index] = 0
            with pytest.raises(IndexError):
                cells[index]


@given(SAMPLES, st.integers(0, FACTOR_MAX), st.integers(0, FACTOR_MAX))
def test_scale_against_exact_arithmetic(values: list[int], first: int, last: int) -> None:
    samples = array("h", values)
    step = ((last - first) << 12) // len(values)
    with micropython.int32_checked():
        scale(samples, 0, len(values), first << 12, step)
    factors = [(first << 12) + step * i >> 12 for i in range(len(values))]
    assert list(samples) == [
        max(-32768, min(32767, (value * factor * 2 + 16384) // 32768)) for value, factor in zip(values, factors, strict=True)
    ]


@given(st.lists(st.tuples(st.integers(0, FACTOR_MAX), st.integers(0, 700)), max_size=12))
def test_a_ramp_never_leaves_its_factors(moves: list[tuple[int, int]]) -> None:
    ramp = Ramp(512)
    before = 0
    with micropython.int32_checked():
        for target, frames in moves:
            samples = array("h", [16384] * frames)
            ramp.to(target)
            ramp.apply(samples, 0, frames)
            for sample in samples:
                assert 0 <= sample <= 32767 and abs(sample - before) <= FACTOR_MAX // 512 + 2
                before = sample


@given(st.binary(max_size=600), st.integers(8, 300), st.booleans())
@settings(max_examples=150)
def test_adpcm_decodes_anything_within_int32(content: bytes, block: int, valid: bool) -> None:
    octets = bytearray(content)
    if valid:
        octets[2::block] = bytes(min(octet, 88) for octet in octets[2::block])
    codec = ima_adpcm.ImaAdpcm()
    codec.start(Format(IMA_ADPCM, 24000, block, 2 * block - 7))
    codec.feed(octets, len(octets))
    out = array("h", [0] * (2 * len(octets) + 1))
    with micropython.int32_checked():
        try:
            made = codec.decode_into(out, 0, len(out))
        except ima_adpcm.Refused:
            assert not valid
            return
    assert made == codec_frames(len(octets), block)


def codec_frames(size: int, block: int) -> int:
    return sum(2 * (n - 4) + 1 for n in [min(block, size - at) for at in range(0, size, block)] if n >= 4)


def test_adpcm_vectors_within_int32() -> None:
    for name, expected in json.loads((VECTORS / "vectors.json").read_text()).items():
        content = (VECTORS / name).read_bytes()
        parser = Parser()
        at = parser.feed(memoryview(content), len(content))
        codec = ima_adpcm.ImaAdpcm()
        codec.start(parser.format)
        codec.feed(content[at:], parser.format.data_bytes)
        out = array("h", [0] * expected["frames"])
        with micropython.int32_checked():
            assert codec.decode_into(out, 0, len(out)) == len(out)
        assert hashlib.sha256(out.tobytes()).hexdigest() == expected["sha256"]


@given(
    SAMPLES,
    st.integers(0, 2**24 - 1),
    st.integers(0, 2**24 - 1),
    st.integers(0, 2**24 - 1),
    st.integers(0, 32767),
    st.integers(1, 31),
)
def test_tone_within_int32(values: list[int], phase: int, step: int, change: int, level: int, decay: int) -> None:
    samples = array("h", values)
    state = array("i", [phase, step, change, level << tone.LEVEL_BITS, decay])
    with micropython.int32_checked():
        tone.add_tone(samples, 0, len(values), state, tone.quarter_sine())
    for before, after in zip(values, samples, strict=True):
        assert abs(after - before) <= level + 1
    assert min(state) >= 0 and state[tone.LEVEL] <= level << tone.LEVEL_BITS


def test_tone_is_a_sine() -> None:
    samples = array("h", [0] * 4800)
    state = array("i", [0, tone.step_of(1000, 48000), 0, 32767 << tone.LEVEL_BITS, tone.STEADY])
    tone.add_tone(samples, 0, 4800, state, tone.quarter_sine())
    numpy = pytest.importorskip("numpy")
    wanted = 32767 * numpy.sin(2 * numpy.pi * numpy.arange(4800) * (tone.step_of(1000, 48000) / 2**24))
    assert numpy.abs(numpy.array(samples) - wanted).max() < 8


@given(st.binary(max_size=40), st.integers(0, 10))
def test_copy_within_int32(content: bytes, at: int) -> None:
    target = bytearray(60)
    with micropython.int32_checked():
        copy(target, at, content, 0, len(content))
    assert target == bytes(at) + content + bytes(60 - at - len(content))


@pytest.mark.parametrize("rate", [8000, 11025, 22050, 24000, 44100, 48000])
def test_the_audio_path_computes_only_small_integers(rate: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is 2**30 or above is a heap object on the chip. A play of seconds, with stalls up to minutes, through the real classes."""
    from support_audio import Bench

    from node.audio.sources.silence import Silence

    checked = {
        Timeline: ("queued", "write", "taken", "waiting", "us_until", "_retire", "restart"),
        Ramp: ("to", "apply"),
        Pump: ("step", "_notice_gap", "_advance", "_fade", "_must_fade", "_write_tail", "_fill", "_account", "_flow"),
        I2SSink: ("ready", "write"),
    }
    for part, names in checked.items():
        for name in names:
            monkeypatch.setattr(part, name, micropython.bounded(getattr(part, name), -SMALL_INT, SMALL_INT - 1))

    async def scenario(bench: Bench) -> None:
        for stall_us in (300_000, 900_000, 400_000_000):
            bench.player.set_volume(30)
            assert (await bench.player.play(Silence(rate, 2000))).to_ms == 2000
            bench.clock.now_us += stall_us

    Bench(rate).run(scenario)
