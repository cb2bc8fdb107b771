"""Recordings that a node is born with: in its language and codec, under their hash, and no more than it keeps."""

import hashlib

import pytest
from host_support import speech_like

from loa.bench.stored import stored_ahead
from loa.errors import LoaError
from loa.keys import base64url
from loa.site.model import Audio
from loa.station.audio import AudioStore
from loa.station.database import Database

ROOM = 1 << 20


@pytest.fixture(scope="module")
def audio(tmp_path_factory):
    folder = tmp_path_factory.mktemp("station")
    store = AudioStore(Database(folder / "station.db"), folder / "audio", Audio(codecs=["ima-adpcm", "pcm16"]))
    sound = speech_like(2.0, folder / "lu-quet.wav")
    for language in ("vi", "blt"):
        store.add(sound, "lu-quet", language, "Lũ quét")
    return store


def test_a_template_is_stored_in_the_node_s_language_and_best_codec_under_its_hash(audio):
    ((path, content),) = stored_ahead(audio, ["lu-quet"], "blt", ["mp3", "ima-adpcm", "pcm16"], ROOM).items()
    assert path == f"bulletins/{base64url.encode(hashlib.sha256(content).digest())}"
    wanted = [one for one in audio.bulletin("lu-quet", "urgent")["variants"] if one["codec"] == "ima-adpcm"]
    assert path.removeprefix("bulletins/") in {one["sha256"] for one in wanted}


def test_in_a_language_that_there_is_not_all_are_stored(audio):
    assert stored_ahead(audio, ["lu-quet"], "hmn", ["pcm16"], ROOM)


def test_what_does_not_fit_or_is_not_there_is_refused(audio):
    with pytest.raises(LoaError, match="lu-quet need .* KB, and the node keeps 4 KB"):
        stored_ahead(audio, ["lu-quet"], "vi", ["ima-adpcm"], 4096)
    with pytest.raises(LoaError, match="no form that this board plays"):
        stored_ahead(audio, ["lu-quet"], "vi", ["mp3"], ROOM)
    with pytest.raises(LoaError, match='no audio named "lu-quat"'):
        stored_ahead(audio, ["lu-quat"], "vi", ["ima-adpcm"], ROOM)
