"""The fleet's host twins make what the firmware's kernels make, bit for bit; the ledger's count as many frames and keep silence silent."""

import builtins
import importlib
from array import array

from hypothesis import given
from hypothesis import strategies as st

from loa.sim.fleet import kernels, viper
from node.audio import gain
from node.audio.codecs import ima_adpcm, pcm16
from node.audio.sources import tone

FRAMES = 512
samples = st.lists(st.integers(-32768, 32767), min_size=1, max_size=96)
levels = st.sampled_from([0, 1, 8191 << 12, 16384 << 12, 32767 << 12]) | st.integers(0, 32767 << 12)


def as_bytes(values):
    return bytearray(array("h", values).tobytes())


@given(samples, st.data(), levels)
def test_scale_is_the_same(values, data, level):
    start = data.draw(st.integers(0, len(values)))
    end = data.draw(st.integers(start, len(values)))
    most = ((32767 << 12) - level) // max(1, end - start)
    step = data.draw(st.integers(-(level // max(1, end - start)), most))
    ours, theirs = as_bytes(values), as_bytes(values)
    kernels.scale(ours, start, end, level, step)
    gain.scale(theirs, start, end, level, step)
    assert ours == theirs


@given(st.binary(min_size=1, max_size=64), st.data())
def test_copy_is_the_same(source, data):
    n = data.draw(st.integers(0, len(source)))
    start, at = data.draw(st.integers(0, len(source) - n)), data.draw(st.integers(0, 8))
    ours, theirs = bytearray(80), bytearray(80)
    kernels.copy(ours, at, source, start, n)
    pcm16.copy(theirs, at, source, start, n)
    assert ours == theirs


def decode_all(decode, stream, block_bytes, pieces, wanted):
    """What `decode` makes of a stream that comes in pieces, and its state after each call."""
    state = array("i", [0, 0, block_bytes, 0, 0, 0, 0])
    steps = array("H", ima_adpcm._STEPS)
    made, log, at = bytearray(), [], 0
    for piece in pieces:
        source = bytearray(stream[at : at + piece])
        at += piece
        state[5], state[6] = 0, len(source)
        while True:
            out = bytearray(2 * (wanted + 1))
            count = decode(state, steps, source, out, 1, wanted)
            log.append((count, list(state[2:])))
            if count < 0:
                return made, log
            made += out[2 : 2 + 2 * count]
            if count == 0:
                break
    return made, log


blocks = st.binary(min_size=0, max_size=200)


@given(blocks, st.sampled_from([8, 20, 37]), st.lists(st.integers(0, 60), min_size=1, max_size=6), st.integers(1, 40))
def test_decode_is_the_same_and_the_ledger_counts_the_same(stream, block_bytes, pieces, wanted):
    theirs = decode_all(ima_adpcm.decode, stream, block_bytes, pieces, wanted)
    assert decode_all(kernels.decode, stream, block_bytes, pieces, wanted) == theirs
    counted, log = decode_all(kernels.count_decode, stream, block_bytes, pieces, wanted)
    assert [entry[0] for entry in log] == [entry[0] for entry in theirs[1]]
    if all(count >= 0 for count, _ in log):
        assert log == theirs[1]
        assert len(counted) == len(theirs[0])
        assert 0 not in counted


def test_a_whole_recording_decodes_to_the_same_samples():
    stream = bytes((7 * i * i + i // 3) & 0xFF if i % 512 != 2 else i % 89 for i in range(512 * 4))
    pieces = [300, 700, 1048]
    made, _ = decode_all(kernels.decode, stream, 512, pieces, FRAMES)
    assert made == decode_all(ima_adpcm.decode, stream, 512, pieces, FRAMES)[0]
    assert len(made) > 2 * 1000


@given(samples, st.data())
def test_the_ledger_leaves_silence_silent_and_sound_sounding(values, data):
    start = data.draw(st.integers(0, len(values)))
    end = data.draw(st.integers(start, len(values)))
    for level, step in ((0, 0), (16384 << 12, 0), (0, 1 << 12)):
        ours, theirs = as_bytes(values), as_bytes(values)
        kernels.count_scale(ours, start, end, level, step)
        gain.scale(theirs, start, end, level, step)
        if any(theirs[2 * start : 2 * end]):
            assert any(ours[2 * start : 2 * end])
        if level == step == 0:
            assert ours == theirs


def test_the_ledgers_tone_sounds_where_the_tone_does():
    ours, theirs = bytearray(2 * FRAMES), bytearray(2 * FRAMES)
    state = [0, tone.step_of(784, 24_000), 0, 10_000 << tone.LEVEL_BITS, tone.STEADY]
    kernels.count_tone(ours, 100, 300, array("i", state), tone.quarter_sine())
    tone.add_tone(theirs, 100, 300, array("i", state), tone.quarter_sine())
    for made in (ours, theirs):
        assert not any(made[:200]) and any(made[200:600]) and not any(made[600:])


def test_every_twin_stands_for_a_kernel_of_the_firmware():
    for name in kernels.HOST.keys() | kernels.LEDGER.keys():
        place, _, kernel = name.rpartition(".")
        assert callable(getattr(importlib.import_module(place), kernel))


def test_kernels_of_a_fleet_leave_those_of_the_process_their_pointers():
    before = [getattr(builtins, name) for name in ("ptr8", "ptr16", "ptr32", "uint")]
    own = importlib.reload(viper).NAMES
    assert [getattr(builtins, name) for name in own] == before
    assert not set(own.values()) & set(before)
