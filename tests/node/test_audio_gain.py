"""Gain: exact where it is 1, straight in between, saturating above, and never outside the frames it was given."""

from array import array

from support_audio import largest_step

from node.audio.gain import FACTOR_MAX, FACTOR_ONE, Ramp, factor, scale


def _at(ramp, frames):
    """Values of a ramp over a constant 16384: the factors themselves."""
    samples = array("h", [16384] * frames)
    ramp.apply(samples, 0, frames)
    return list(samples)


def test_volume_law():
    assert factor(100) == FACTOR_ONE
    assert factor(0) == 0
    assert factor(50) == FACTOR_ONE // 4
    assert factor(100, FACTOR_MAX) == FACTOR_MAX
    laws = [factor(per_cent) for per_cent in range(101)]
    assert laws == sorted(laws)


def test_volume_out_of_range():
    for wrong in ((-1, FACTOR_ONE), (101, FACTOR_ONE), (50, 32768), (50, -1)):
        try:
            factor(*wrong)
        except ValueError:
            continue
        raise AssertionError(wrong)


def test_scale_rounds_and_saturates():
    samples = array("h", [32767, -32768, 1, -1, 3, -3, 0])
    scale(samples, 0, 7, FACTOR_MAX << 12, 0)
    assert list(samples) == [32767, -32768, 2, -2, 6, -6, 0]
    samples = array("h", [32767, -32768, 1, -1, 3, -3, 0])
    scale(samples, 0, 7, FACTOR_ONE << 11, 0)
    assert list(samples) == [16384, -16384, 1, 0, 2, -1, 0]


def test_scale_keeps_to_its_frames():
    samples = array("h", [1000] * 8)
    scale(samples, 2, 5, 0, 0)
    assert list(samples) == [1000, 1000, 0, 0, 0, 1000, 1000, 1000]
    scale(samples, 5, 5, 0, 0)
    assert samples[5] == 1000


def test_unity_changes_nothing():
    ramp = Ramp(64)
    ramp.to(FACTOR_ONE)
    _at(ramp, 64)
    samples = array("h", range(-32768, 32768, 97))
    before = list(samples)
    ramp.apply(samples, 0, len(samples))
    assert list(samples) == before


def test_ramp_is_straight_and_arrives():
    ramp = Ramp(512)
    assert ramp.silent
    ramp.to(FACTOR_ONE)
    up = _at(ramp, 600)
    assert up[:3] == [0, 32, 64] and up[511] == 16352 and up[512:] == [16384] * 88
    assert largest_step(up) == 32
    ramp.to(0)
    assert not ramp.silent
    down = _at(ramp, 512)
    assert down[0] == 16384 and down[511] == 32
    assert ramp.silent
    assert _at(ramp, 4) == [0] * 4


def test_ramp_in_pieces_is_the_same():
    whole, pieces = Ramp(512), Ramp(512)
    whole.to(12345)
    pieces.to(12345)
    expected = _at(whole, 640)
    assert _at(pieces, 100) + _at(pieces, 1) + _at(pieces, 0) + _at(pieces, 539) == expected


def test_ramp_turns_round_where_it_is():
    ramp = Ramp(512)
    ramp.to(FACTOR_ONE)
    values = _at(ramp, 256)
    ramp.to(0)
    values += _at(ramp, 512)
    assert max(values) <= 8192 and values[-1] <= 32 and largest_step(values) <= 33
    assert ramp.silent


def test_mute_is_at_once():
    ramp = Ramp(512)
    ramp.to(FACTOR_ONE)
    _at(ramp, 512)
    ramp.mute()
    assert ramp.silent and _at(ramp, 2) == [0, 0]
    ramp.to(FACTOR_ONE)
    assert _at(ramp, 2) == [0, 32]
