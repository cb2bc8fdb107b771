"""The MP3 decoder's kernels with an integer that fails outside int32: at their extremes, against exact arithmetic, and on whole streams, sound and broken."""

import math
import random
import sys
from array import array
from pathlib import Path

import micropython
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

NODE_TESTS = Path(__file__).parent.parent / "node"
sys.path.insert(0, str(NODE_TESTS))

from support_mp3 import NAMES, Listener, furthest, vector

from node.audio.mp3 import hybrid, tables
from node.audio.mp3.dct32 import dct32
from node.audio.mp3.huffman import INEXACT, huffman
from node.audio.mp3.imdct import dct_long, dct_short
from node.audio.mp3.output import to_int16
from node.audio.mp3.requantise import requantise
from node.audio.mp3.window import window

LINE_MAX = 1 << 26
EXTREMES = [0, 1, -1, 32767, -32768, 65499, -65499, LINE_MAX, -LINE_MAX]
RATES = 9


def cells(n: int) -> "array[int]":
    return array("i", [0] * n)


def block(**fields: int) -> "array[int]":
    places = {
        "part23": 0,
        "big": 1,
        "gain": 2,
        "compress": 3,
        "switched": 4,
        "block": 5,
        "mixed": 6,
        "preflag": 15,
        "scale": 16,
        "count1": 17,
    }
    info = cells(18)
    for name, value in fields.items():
        info[places[name]] = value
    return info


@pytest.mark.parametrize("name", NAMES)
def test_streams_within_int32(name: str) -> None:
    content, wanted = vector(name)
    with micropython.int32_checked():
        assert furthest(Listener().hear(content), wanted) <= 2


@pytest.mark.parametrize("seed", range(8))
def test_broken_streams_within_int32(seed: int) -> None:
    chance = random.Random(seed)
    content = bytearray(vector(NAMES[seed % len(NAMES)])[0])
    for _ in range(chance.randint(1, 60)):
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    with micropython.int32_checked():
        Listener(stereo=seed % 2 == 1).hear(bytes(content[:2500]))


@given(st.integers(0, 8206), st.integers(0, 255), st.integers(0, 15), st.integers(0, 7), st.booleans(), st.booleans())
@settings(max_examples=300)
def test_requantisation_against_exact_powers(n: int, gain: int, factor: int, subblock: int, scale: bool, short: bool) -> None:
    lines = cells(576)
    lines[0] = n << 1 | 1
    info = block(gain=gain, scale=int(scale), block=2 if short else 0)
    info[12] = subblock
    factors = bytearray([factor]) + bytes(39)
    levels = cells(33)
    widths = tables.BANDS[40 * int(short) :]
    with micropython.int32_checked():
        total = requantise(0, lines, info, factors, widths, 0 if short else 22, tables.PRETAB, tables.GAINS, tables.POWERS, levels, 2, 0)
    quarters = gain - 210 - (4 if scale else 2) * factor - (8 * subblock if short else 0)
    exact = n ** (4 / 3) * 2 ** (quarters / 4) * (1 << 21)
    if exact < LINE_MAX / 2:
        assert abs(-lines[0] - exact) <= 0.501 + 3e-6 * exact
    assert 0 <= -lines[0] <= LINE_MAX and levels[0] == -lines[0] and total == -lines[0] >> 6


@given(st.lists(st.sampled_from(EXTREMES) | st.integers(-LINE_MAX, LINE_MAX), min_size=18, max_size=18), st.integers(0, 3), st.booleans())
@settings(max_examples=120)
def test_imdct_of_one_subband_against_its_definition(lines: list[int], kind: int, twice: bool) -> None:
    """What is returned is exact to 2e-5 of the sum of magnitudes, or silence where that is above 2**25."""
    shrink = max(1, sum(map(abs, lines)) // LINE_MAX + 1)
    lines = [int(line / shrink) for line in lines]
    level = sum(map(abs, lines))
    past, out, high, flags, wide = cells(576), cells(576), cells(576), bytearray(32), bytearray(32)
    before = [0.0] * 18
    for _ in range(1 + twice):
        p, levels = array("i", lines + [0] * 558), array("i", [level] + [0] * 32)
        with micropython.int32_checked():
            hybrid.plan(p, high, levels, flags, wide, int(kind != 0), 0, 0, 1, 0)
            if kind == 2:
                dct_short(0, p, 0, 1)
                dct_short(0, high, 0, 1)
                hybrid.overlap_short(p, high, past, out, wide, tables.SHORT_WINDOW, cells(36), 0, 1, 0)
            else:
                dct_long(0, p, flags, 1, 0, 1)
                dct_long(0, high, flags, 2, 0, 1)
                hybrid.overlap_long(0, 0, p, past, out, flags, tables.QUIET_ROTATIONS, 0, 1, 0)
                rotations = tables.ROTATIONS[288 * (0, 1, 0, 2)[kind] :]
                hybrid.overlap_wide(p, high, past, out, levels, flags, wide, rotations, 0, 1, 0)
        exact = imdct(lines, kind) if level <= LINE_MAX // 2 else [0.0] * 36
        for i in range(18):
            assert abs(out[32 * i] - (exact[i] + before[i]) / 2) <= 3 + 3e-5 * level
        before = exact[18:]


def imdct(lines: list[int], kind: int) -> list[float]:
    """ISO/IEC 11172-3, 2.4.3.4.10.3, windowed, 36 values."""
    if kind == 2:
        result = [0.0] * 36
        for part in range(3):
            for i in range(12):
                value = sum(lines[3 * k + part] * math.cos(math.pi / 24 * (2 * i + 7) * (2 * k + 1)) for k in range(6))
                result[6 + 6 * part + i] += value * math.sin(math.pi / 12 * (i + 0.5))
        return result
    values = [sum(line * math.cos(math.pi / 72 * (2 * i + 19) * (2 * k + 1)) for k, line in enumerate(lines)) for i in range(36)]
    return [value * shape(kind, i) for i, value in enumerate(values)]


def shape(kind: int, i: int) -> float:
    if kind == 3:
        return shape(1, 35 - i)
    if kind == 0 or i < 18:
        return math.sin(math.pi / 36 * (i + 0.5))
    return 1.0 if i < 24 else math.sin(math.pi / 12 * (i - 17.5)) if i < 30 else 0.0


@given(st.lists(st.sampled_from(EXTREMES) | st.integers(-LINE_MAX, LINE_MAX), min_size=36, max_size=36), st.integers(1, 2))
def test_alias_reduction_against_its_definition(lines: list[int], more: int) -> None:
    """Exact, or left out, where the sum of magnitudes is above 2**25. `more`: by what intensity stereo may have amplified lines since they were summed up."""
    shrink = max(1, sum(map(abs, lines)) // LINE_MAX + 1)
    lines = [more * int(line / shrink) for line in lines]
    levels = array("i", [sum(map(abs, lines[:18])) // more, sum(map(abs, lines[18:])) // more] + [0] * 31)
    p = array("i", lines + [0] * 540)
    with micropython.int32_checked():
        hybrid.reduce_alias(0, p, levels, tables.ALIAS, 1, 0)
    if sum(levels) > LINE_MAX // 2:
        assert list(p[:36]) == lines
    else:
        for k, c in enumerate((-0.6, -0.535, -0.33, -0.185, -0.095, -0.041, -0.0142, -0.0037)):
            below, above = lines[17 - k], lines[18 + k]
            size = math.sqrt(1 + c * c)
            assert abs(p[17 - k] - (below - above * c) / size) <= 1 + 4e-6 * (abs(below) + abs(above))
            assert abs(p[18 + k] - (above + below * c) / size) <= 1 + 4e-6 * (abs(below) + abs(above))


@given(st.integers(0, 2**32 - 1), st.sampled_from([1 << 12, 1 << 17, 1 << 20, 1 << 26]))
@settings(max_examples=25)
def test_synthesis_against_its_definition(seed: int, size: int) -> None:
    """Slots of any size stay within int32; those of ordinary size come out as the standard's flow chart has them."""
    chance = np.random.default_rng(seed)
    slots = chance.integers(-size, size + 1, (18, 32))
    if seed % 3 == 0:
        slots = np.sign(slots) * size
    rows, out = cells(32 * 87), cells(576)
    with micropython.int32_checked():
        dct32(0, array("i", slots.flatten().tolist()), rows, (size >> 12) << 16, 0)
        window(0, rows, rows, out, tables.WINDOW, 0)
    if size == 1 << 12:
        matrix = np.cos(np.pi / 64 * (16 + np.arange(64)[:, None]) * (2 * np.arange(32) + 1))
        vectors = np.zeros(1024)
        for number, slot in enumerate(slots):
            vectors = np.concatenate([matrix @ slot, vectors[:-64]])
            picked = np.concatenate(
                [np.concatenate([vectors[128 * i : 128 * i + 32], vectors[128 * i + 96 : 128 * i + 128]]) for i in range(8)]
            )
            exact = (picked * synthesis_window()).reshape(16, 32).sum(axis=0)
            assert np.max(np.abs(np.array(out[32 * number : 32 * number + 32]) / 64 - exact)) < 40


def synthesis_window() -> np.ndarray:
    """D, taken back from the kernel's table: each sample's values by age, with the sign that V has there."""
    table = np.frombuffer(tables.WINDOW, np.int32).reshape(32, -1)
    even, odd = [0, 2, 4, 10, 12, 14], [1, 3, 5, 11, 13, 15]
    sizes = np.zeros((16, 32))
    for sample in range(32):
        for position, age in enumerate([*even, *odd, 7, 9, 6, 8]):
            sizes[age, sample] = abs(table[sample, 4 + position])
    sizes[0::2, 16] = np.abs(prototype()[16::64][:8])
    signs = np.sign(prototype()).reshape(16, 32)
    return (sizes * signs).flatten() / 65536


def prototype() -> np.ndarray:
    sys.path.insert(0, str(Path(__file__).parent.parent.parent / "tools" / "mp3"))
    try:
        import importlib

        return np.array(importlib.import_module("window").window())
    finally:
        sys.path.pop(0)


@given(st.lists(st.integers(-(2**31) + 1025, 2**31 - 1025), min_size=1, max_size=13), st.integers(0, 3))
def test_rounding_to_int16(values: list[int], start: int) -> None:
    source = array("i", [0] * start + values + [0] * 3)
    out = array("h", [77] * (len(values) + 2))
    with micropython.int32_checked():
        to_int16(0, source, start, out, 1, len(values), 0)
    assert list(out[1:-1]) == [max(-32768, min(32767, value + 1024 >> 11)) for value in values]
    assert out[0] == out[-1] == 77


@given(st.binary(min_size=1, max_size=300), st.data())
@settings(max_examples=200)
def test_any_bits_decode_within_bounds(content: bytes, data: st.DataObject) -> None:
    info = block(big=data.draw(st.integers(0, 288)), block=data.draw(st.integers(0, 3)), count1=data.draw(st.integers(0, 1)))
    for place in (7, 8, 9):
        info[place] = data.draw(st.integers(0, 31))
    info[10], info[11] = data.draw(st.integers(0, 15)), data.draw(st.integers(0, 7))
    bit = data.draw(st.integers(0, 8 * len(content)))
    lines = cells(578)
    lines[576] = lines[577] = -1
    long = tables.BANDS[120 * data.draw(st.integers(0, RATES - 1)) :]
    with micropython.int32_checked():
        last = huffman(0, 0, content + bytes(16), bit, 8 * len(content), info, long, tables.HUFFMAN, tables.ROOTS, tables.LINBITS, lines)
    assert lines[576] == lines[577] == -1
    assert all(0 <= line <= 2 * 8206 + 1 for line in lines[:576])
    if last >= 0:
        assert (last & ~INEXACT) <= 576 and not any(lines[last & ~INEXACT : 576])
