"""The committed sound files are small, of different contents, and of the lengths that the demo's timetable counts on."""

from pathlib import Path

import numpy as np
from support_sound import NAMES, RATE, programme, programmes

import loa.demo.audio
from loa.demo.evidence import Listener, Recording

FOLDER = Path(loa.demo.audio.__file__).parent


def test_files_are_the_known_ones_and_small():
    files = {path.stem: path.stat().st_size for path in FOLDER.glob("*.mp3")}
    assert set(files) == set(NAMES)
    assert sum(files.values()) < 400_000


def test_lengths():
    lengths = {name: programme(name).ms / 1000 for name in NAMES}
    assert 6 < lengths["cat-nuoc"] < 7 and 6 < lengths["lu-quet"] < 7
    assert 7 < lengths["cho-phien"] < 9 and 9 < lengths["tiem-chung"] < 11
    assert 14 < lengths["nong-vu"] < 16 and lengths["truc-tiep"] == 20


def test_speech_is_loud_and_not_clipped():
    for one in programmes():
        peak = np.abs(one.samples.astype(int)).max()
        assert 16_000 < peak < 32_000, one.name


def test_every_second_of_every_programme_is_told_from_all_others():
    listener = Listener(programmes())
    for one in programmes():
        for first in range(0, len(one.samples) - RATE, RATE):
            heard = listener.listen(Recording("loa-01", 0.0, RATE, one.samples[first : first + RATE]))
            assert [segment.programme for segment in heard] == [one.name], (one.name, first)
            assert abs(heard[0].shift - first) <= 1, (one.name, first)
