"""Recordings: whatever is handed in becomes files that nodes play, as loud as the site wants, under their own hash."""

import hashlib
import struct
from pathlib import Path

import numpy as np
import pytest
from host_support import speech_like
from tests.mp3 import tags

from loa.errors import LoaError
from loa.firmware import BODIES, mp3_frames, schema, schema_text
from loa.keys import base64url
from loa.site.model import Audio
from loa.station import mp3, wav
from loa.station.audio import AudioStore, name_of
from loa.station.database import Database
from loa.station.decode import decoded_file
from loa.station.loudness import measure, normalised

RATE = 24000
POLICY = Audio(codecs=["mp3", "ima-adpcm", "pcm16"])
IMA_STEPS = """
    7 8 9 10 11 12 13 14 16 17 19 21 23 25 28 31 34 37 41 45 50 55 60 66 73 80 88 97 107 118 130 143 157 173 190 209 230 253 279 307 337 371
    408 449 494 544 598 658 724 796 876 963 1060 1166 1282 1411 1552 1707 1878 2066 2272 2499 2749 3024 3327 3660 4026 4428 4871 5358 5894
    6484 7132 7845 8630 9493 10442 11487 12635 13899 15289 16818 18500 20350 22385 24623 27086 29794 32767
"""


@pytest.fixture
def store(tmp_path: Path) -> AudioStore:
    return AudioStore(Database(tmp_path / "station.db"), tmp_path / "audio", POLICY)


def ima_decoded(content: bytes) -> np.ndarray:
    """An IMA ADPCM decoder written from the format's description, sharing nothing with FFmpeg."""
    steps = [int(step) for step in IMA_STEPS.split()]
    turns = [-1, -1, -1, -1, 2, 4, 6, 8]
    samples = []
    for start in range(0, len(content), wav.BLOCK_BYTES):
        block = content[start : start + wav.BLOCK_BYTES]
        predictor, index = struct.unpack_from("<hB", block)
        samples.append(predictor)
        for nibble in (half for byte in block[4:] for half in (byte & 15, byte >> 4)):
            step = steps[index]
            change = (step >> 3) + sum(step >> shift for bit, shift in ((4, 0), (2, 1), (1, 2)) if nibble & bit)
            predictor = max(-32768, min(32767, predictor - change if nibble & 8 else predictor + change))
            index = max(0, min(88, index + turns[nibble & 7]))
            samples.append(predictor)
    return np.array(samples)


def test_variants_are_what_the_bulletin_says(store: AudioStore, tmp_path: Path) -> None:
    recording = store.add(speech_like(3.3, tmp_path / "Tin sáng.wav"), "tin", "vi")
    bulletin = store.bulletin("tin", "normal")
    order = schema_text.part_of(schema_text.required(BODIES["air"])["orders"])
    schema.check(schema_text.optional(order)["bulletin"], bulletin, "")
    assert bulletin["title"] == "Tin sáng"
    assert {variant["codec"] for variant in bulletin["variants"]} == {"mp3", "ima-adpcm", "pcm16"}
    contents = {}
    for variant in bulletin["variants"]:
        path = store.file(variant["sha256"])
        assert path is not None
        content = path.read_bytes()
        assert len(content) == variant["bytes"]
        assert base64url.encode(hashlib.sha256(content).digest()) == variant["sha256"]
        assert variant["ms"] == recording.ms
        contents[variant["codec"]] = content
    pcm = np.frombuffer(contents["pcm16"][44:], "<i2")
    ima = ima_decoded(contents["ima-adpcm"][60:])
    assert len(pcm) == len(ima)
    assert recording.ms == len(pcm) * 1000 // RATE
    assert 3300 <= recording.ms < 3300 + 43
    error = pcm - ima
    assert 10 * np.log10((pcm.astype(float) ** 2).mean() / (error.astype(float) ** 2).mean()) > 15
    sounds = {variant["codec"]: decoded_file(store.file(variant["sha256"]), RATE) for variant in bulletin["variants"]}  # type: ignore[arg-type]
    assert np.array_equal(ima, np.rint(sounds["ima-adpcm"] * 32768).astype(int))
    assert len(sounds["mp3"]) == len(pcm)
    assert np.corrcoef(sounds["mp3"], pcm)[0, 1] > 0.98


def test_the_headers_are_those_of_the_format() -> None:
    ima = wav.header(wav.IMA_ADPCM, RATE, 2 * wav.BLOCK_SAMPLES)
    assert struct.unpack("<4sI4s4sIHHIIHHHH4sII4sI", ima) == (
        *(b"RIFF", 60 - 8 + 1024, b"WAVE", b"fmt ", 20, 0x11, 1, RATE, RATE * 512 // 1017, 512, 4, 2, 1017),
        *(b"fact", 4, 2034, b"data", 1024),
    )
    pcm = wav.header(wav.PCM16, RATE, 1017)
    assert struct.unpack("<4sI4s4sIHHIIHH4sI", pcm) == (
        *(b"RIFF", 36 + 2034, b"WAVE", b"fmt ", 16, 1, 1, RATE, 48000, 2, 16),
        b"data",
        2034,
    )
    for codec in (wav.PCM16, wav.IMA_ADPCM):
        assert wav.header(codec, RATE, None)[-8:] == b"data\xff\xff\xff\xff"


def test_every_block_begins_anew(store: AudioStore, tmp_path: Path) -> None:
    store.add(speech_like(2, tmp_path / "a.wav"), "tin", "vi")
    (sha256,) = [variant["sha256"] for variant in store.bulletin("tin", "normal")["variants"] if variant["codec"] == "ima-adpcm"]
    path = store.file(sha256)
    assert path is not None
    blocks = path.read_bytes()[60:]
    whole = ima_decoded(blocks)
    assert np.array_equal(ima_decoded(blocks[5 * 512 :]), whole[5 * 1017 :])


@pytest.mark.parametrize("peak", [0.02, 0.3, 1.0])
def test_loudness_is_brought_to_the_target(tmp_path: Path, peak: float) -> None:
    sound = decoded_file(speech_like(5, tmp_path / "a.wav", peak), RATE)
    mended = normalised(sound, RATE, -16.0, -1.5)
    heard = measure(mended, RATE)
    assert heard.lufs == pytest.approx(-16.0, abs=0.6)
    assert heard.peak_dbtp <= -1.4
    assert len(mended) == len(sound)


def test_peaks_are_held_down_and_nothing_moves_in_time() -> None:
    sound = (0.02 * np.sin(2 * np.pi * 440 * np.arange(4 * RATE) / RATE)).astype(np.float32)
    sound[50_000] = 0.9
    mended = normalised(sound, RATE, -16.0, -1.5)
    assert measure(mended, RATE).peak_dbtp <= -1.4
    assert abs(int(np.argmax(np.abs(mended[45_000:55_000]))) - 5_000) <= 2


def test_silence_and_noise_are_measured() -> None:
    assert measure(np.zeros(RATE, np.float32), RATE).lufs == -np.inf
    assert np.array_equal(normalised(np.zeros(RATE, np.float32), RATE, -16, -1.5), np.zeros(RATE, np.float32))


def test_a_thousand_hertz_at_full_scale_is_minus_three_lufs() -> None:
    sound = np.sin(2 * np.pi * 997 * np.arange(3 * RATE) / RATE).astype(np.float32)
    assert measure(sound, RATE).lufs == pytest.approx(-3.01, abs=0.1)


@pytest.mark.parametrize("length", [RATE, RATE + 1, RATE + 1102, RATE + 2399])
def test_any_length_is_measured_to_its_end(length: int) -> None:
    sound = np.sin(2 * np.pi * 997 * np.arange(length) / RATE).astype(np.float32)
    assert measure(sound, RATE).lufs == pytest.approx(-3.01, abs=0.5)
    sound[-100] = 2.0
    assert measure(sound, RATE).peak_dbtp > 5


def test_what_is_no_audio_is_refused_and_leaves_nothing(store: AudioStore, tmp_path: Path) -> None:
    junk = tmp_path / "junk.mp3"
    junk.write_bytes(bytes(range(256)) * 40)
    empty = tmp_path / "empty.wav"
    empty.write_bytes(b"")
    silent = speech_like(1, tmp_path / "silent.wav", 1e-9)
    for path, said in ((junk, "junk.mp3"), (empty, "cannot be read"), (tmp_path / "none.mp3", "no such file"), (silent, "is silent")):
        with pytest.raises(LoaError, match=said):
            store.add(path, "tin", "vi")
    with pytest.raises(LoaError, match="name of a bulletin"):
        store.add(speech_like(1, tmp_path / "a.wav"), "Tin Sáng", "vi")
    with pytest.raises(LoaError, match="too long"):
        store.add(tmp_path / "a.wav", "tin", "vi", "ả" * 50)
    assert store.names() == []
    assert list((tmp_path / "audio").iterdir()) == []


def test_languages_are_variants_of_one_bulletin_and_renewal_keeps_old_files(store: AudioStore, tmp_path: Path) -> None:
    store.add(speech_like(1, tmp_path / "a.wav"), "tin", "vi")
    store.add(speech_like(2, tmp_path / "b.wav"), "tin", "blt")
    before = store.bulletin("tin", "normal")["variants"]
    assert sorted({(variant["language"], variant["ms"]) for variant in before}) == [("blt", 2034), ("vi", 1017)]
    store.add(speech_like(3, tmp_path / "c.wav"), "tin", "vi")
    assert all(store.file(variant["sha256"]) for variant in before)
    assert {recording.language: recording.ms for recording in store.recordings()} == {"blt": 2034, "vi": 3008}


@pytest.mark.parametrize(
    ("file", "name"),
    [("Bản tin sáng.mp3", "ban-tin-sang"), ("Đất_nước 2.wav", "dat-nuoc-2"), ("---.ogg", "audio"), ("a" * 50 + ".mp3", "a" * 32)],
)
def test_a_file_gives_its_name(file: str, name: str) -> None:
    assert name_of(Path(file)) == name


def test_an_unknown_bulletin_gets_a_suggestion(store: AudioStore, tmp_path: Path) -> None:
    store.add(speech_like(1, tmp_path / "a.wav"), "tin-sang", "vi")
    with pytest.raises(LoaError, match='no audio named "tin-sag"') as caught:
        store.bulletin("tin-sag", "normal")
    assert caught.value.hint == 'did you mean "tin-sang"?'


def test_only_hashes_name_files(store: AudioStore) -> None:
    for name in ("", "../station.db", "a" * 43, "/" + "a" * 42, "a" * 42 + "\0"):
        assert store.file(name) is None


def test_the_policy_decides_codecs_and_rate(tmp_path: Path) -> None:
    policy = Audio(rate=16000, codecs=["pcm16"])
    store = AudioStore(Database(tmp_path / "station.db"), tmp_path / "audio", policy)
    store.add(speech_like(1, tmp_path / "a.wav"), "tin", "vi")
    assert [(variant["codec"], variant["rate"]) for variant in store.bulletin("tin", "urgent")["variants"]] == [("pcm16", 16000)]


def _mp3_variant(store: AudioStore) -> bytes:
    (sha256,) = [variant["sha256"] for variant in store.bulletin("tin", "normal")["variants"] if variant["codec"] == "mp3"]
    path = store.file(sha256)
    assert path is not None
    return path.read_bytes()


def test_an_mp3_that_is_fit_is_passed_on_as_it_is(store: AudioStore, tmp_path: Path) -> None:
    store.add(speech_like(4, tmp_path / "a.wav"), "tin", "vi")
    fit = tmp_path / "fit.mp3"
    fit.write_bytes(_mp3_variant(store))
    recording = store.add(fit, "tin", "vi")
    assert _mp3_variant(store) == fit.read_bytes()
    assert abs(recording.ms - 4000) < 90


@pytest.mark.parametrize("why", ["quiet", "large", "other rate", "no length"])
def test_an_mp3_that_is_not_fit_is_made_anew(store: AudioStore, tmp_path: Path, why: str) -> None:
    sound = decoded_file(speech_like(4, tmp_path / "a.wav"), RATE)
    loud = normalised(sound, RATE, POLICY.loudness_lufs, POLICY.true_peak_dbtp)
    samples = np.rint(loud * (8000 if why == "quiet" else 32767)).astype(np.int16)
    content = mp3.file(samples, 48000 if why == "other rate" else RATE)
    if why == "large":
        content = tags.id3v2(b"picture " * 3000) + content
    if why == "no length":
        content = content[mp3_frames_size(content) :]
    handed_in = tmp_path / "in.mp3"
    handed_in.write_bytes(content)
    store.add(handed_in, "tin", "vi")
    assert _mp3_variant(store) != content


def mp3_frames_size(content: bytes) -> int:
    """Bytes of the first frame."""
    finder = mp3_frames.Finder()
    finder.feed(content[:4096])
    assert finder.header is not None
    return int(finder.header.size)


def test_a_live_stream_of_mp3_is_whole_frames() -> None:
    encoder = mp3.Encoder(RATE)
    samples = np.rint(8000 * np.sin(np.arange(5 * 576 + 100) / 9)).astype(np.int16)
    blocks = [*encoder.blocks(samples[: 5 * 576]), *encoder.end(samples[5 * 576 :])]
    for block in blocks:
        header = mp3_frames.Header()
        assert header.read(block, 0) and header.size == len(block) and header.rate == RATE and header.channels == 1
    assert len(blocks) * 576 >= len(samples)
