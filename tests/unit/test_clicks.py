"""A click is a step that the programme does not have: fades and volumes are none, cuts and replayed buffers are."""

import numpy as np
import pytest
from support_sound import RATE, START, part, programmes, recording, silence

from loa.demo.clicks import STEP_MAX, find_clicks
from loa.demo.evidence import Listener

LISTENER = Listener(programmes())


def clicks(*pieces, power_lost=False):
    whole = recording(*pieces)
    return find_clicks(whole, LISTENER.listen(whole), LISTENER.programmes, power_lost=power_lost)


def test_whole_and_resumed_programmes_with_fades_have_none():
    assert clicks(silence(1), part("nong-vu", 0, 5.2), part("lu-quet"), silence(0.2), part("nong-vu", 5.0, gain=0.4), silence(1)) == []


def test_volume_ramp_has_none():
    ramped = part("tiem-chung") * np.interp(np.arange(len(part("tiem-chung"))), [0, RATE * 3, RATE * 3.02, RATE * 9], [1, 1, 0.2, 0.2])
    assert clicks(silence(1), ramped, silence(1)) == []


def loudest(name):
    """Second of a programme's greatest sample: where a cut is heard most."""
    return float(np.abs(part(name)).argmax()) / RATE


def test_hard_stop_and_hard_start_are_clicks():
    at = loudest("lu-quet")
    stop = clicks(silence(1), part("lu-quet", 0, at, fade_s=0), silence(1))
    start = clicks(silence(1), part("lu-quet", at, fade_s=0), silence(1))
    assert [click.at - START for click in stop] == [pytest.approx(1 + at, abs=0.001)]
    assert [click.at - START for click in start] == [pytest.approx(1, abs=0.001)]
    assert all(click.step > 0.3 for click in stop + start)


def test_recording_that_ends_aloud_is_a_click_unless_the_power_went():
    at = loudest("lu-quet")
    assert len(clicks(silence(1), part("lu-quet", 0, at, fade_s=0))) == 1
    assert clicks(silence(1), part("lu-quet", 0, at, fade_s=0), power_lost=True) == []


def test_underrun_with_zeros_is_two_clicks():
    samples = part("truc-tiep", 0, 8)
    at = RATE * 4 + int(np.abs(samples[RATE * 4 : RATE * 5]).argmax())
    samples[at : at + 256] = 0
    found = clicks(silence(1), samples, silence(1))
    assert found and found[0].at - START == pytest.approx(1 + at / RATE, abs=0.001)
    assert all(1 + at / RATE - 0.001 <= click.at - START <= 1 + (at + 257) / RATE for click in found)


def test_buffer_played_again_in_silence_is_a_click():
    (first, *_) = clicks(
        silence(1), part("lu-quet"), silence(0.5), part("lu-quet", loudest("lu-quet"), loudest("lu-quet") + 0.01, fade_s=0), silence(1)
    )
    assert first.at - START == pytest.approx(1 + 6.478 + 0.5, abs=0.002)


@pytest.mark.parametrize(("step", "count"), [(STEP_MAX, 0), (STEP_MAX + 1, 2)])
def test_the_limit_is_one_sixty_fourth_of_full_scale(step, count):
    block = np.full(RATE, float(step))
    assert len(clicks(silence(1), block, silence(1))) == count
