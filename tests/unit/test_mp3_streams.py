"""The MP3 decoder against FFmpeg, on MicroPython and as the chip's own machine code; bad input; any position. The long forms: `make bench NAME=mp3`."""

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
from tests.mp3 import catalogue, cost, fuzzing, run_positions, state
from tests.mp3.chip import machine_code
from tests.mp3.judge import decode_file, difference, mixed
from tests.mp3.subject import decode, micropython

from loa.firmware import FIRMWARE

VECTORS = Path(__file__).parent.parent / "vectors" / "mp3"
STREAMS = (
    "lame-24000-mono-48",
    "lame-44100-joint-128",
    "lame-8000-mono-8",
    "sine-3150-44100-joint",
    "square-60-24000-mono",
    "file-44100-all-tags",
    "free-format-24000-mono",
    "all-blocks-24000-mono",
    "mixed-blocks-44100",
    "intensity-ms-48000",
    "escapes-44100",
    "rates-change-44100",
    "checked-24000-stereo",
)
STATE_BYTES_MAX = 40_960
FUZZ_INPUTS = 4_000
CHIP_INPUTS = 25


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("corpus")
    paths = []
    for name in ("lame-24000-mono-48", "lame-44100-joint-128", "all-blocks-16000-mono", "intensity-ms-48000", "checked-24000-stereo"):
        paths.append(folder / f"{name}.mp3")
        paths[-1].write_bytes(catalogue.make(name).content)
    return paths


def test_full_accuracy(tmp_path: Path) -> None:
    streams = [catalogue.make(name) for name in STREAMS]
    ways = [(stream, stereo) for stream in streams for stereo in ((False, True) if len(stream.wanted) == 2 else (False,))]
    heard = decode([(stream.content, stereo, stream.trim) for stream, stereo in ways], tmp_path)
    for (stream, stereo), found in zip(ways, heard, strict=True):
        error = difference(found.sound, stream.wanted if stereo else mixed(stream.wanted))
        assert error.full_accuracy, (stream.name, stereo, error)
        assert found.channels == len(stream.wanted) and found.concealed == 0


def test_the_chip_computes_what_this_machine_computes(tmp_path: Path) -> None:
    """Every kernel as Xtensa code: buffers guarded, accesses aligned, integers of 32 bits."""
    for name in ("lame-44100-joint-128", "all-blocks-24000-mono"):
        stream = catalogue.make(name)
        (there,) = decode([(stream.content, False, False)], tmp_path)
        with machine_code():
            decoding = cost.Decoding(stream.content)
            here = np.concatenate([decoding.exactly() for _ in range(12)])
        assert np.array_equal(here, there.sound[0, : len(here)]), name


def test_state_is_bounded() -> None:
    assert state.state_bytes(stereo=False) <= STATE_BYTES_MAX


@pytest.mark.parametrize("stereo", [False, True])
def test_bad_input(corpus: list[Path], stereo: bool, tmp_path: Path) -> None:
    fuzzed = fuzzing.fuzz(corpus, 7, FUZZ_INPUTS, stereo, tmp_path)
    assert fuzzed.failure is None and fuzzed.inputs == FUZZ_INPUTS and fuzzed.concealed > 100


def test_bad_input_on_the_chip(corpus: list[Path]) -> None:
    fuzzed = fuzzing.fuzz_on_chip(corpus, 3, CHIP_INPUTS)
    assert fuzzed.failure is None and fuzzed.inputs == CHIP_INPUTS


def test_after_damage_the_sound_is_right_again(tmp_path: Path) -> None:
    """Whatever one frame became, six frames later all is as if nothing had happened."""
    stream = catalogue.make("lame-24000-mono-48")
    size, place = 144, 20
    start = place * size
    good = stream.content
    damages = {
        "lost": good[:start] + good[start + size :],
        "no header": good[:start] + bytes(2) + good[start + 2 :],
        "side information": good[: start + 4] + b"\xff" * 9 + good[start + 13 :],
        "cut short": good[: start + 50] + good[start + size :],
        "rubbish before": good[:start] + b"\xff\xfb\x90\x64rubbish" + good[start:],
    }
    (whole, *others) = decode([(content, False, False) for content in (good, *damages.values())], tmp_path)
    for why, heard in zip(damages, others, strict=True):
        behind = 576 * (place + 6)
        tail = whole.sound[0, behind:]
        assert np.array_equal(heard.sound[0, -len(tail) :], tail), why
        before = whole.sound[0, : 576 * (place - 1)]
        assert np.array_equal(heard.sound[0, : len(before)], before), why
        assert np.max(np.abs(heard.sound)) <= np.max(np.abs(whole.sound)), why


def test_files_play_from_any_position(tmp_path: Path) -> None:
    jobs = []
    for name in ("constant-24000.mp3", "variable-24000.mp3", "padded-44100.mp3", "free-24000.mp3", "free-44100.mp3"):
        jobs += [[str(VECTORS / name), start_ms, str(tmp_path / f"{name}-{start_ms}")] for start_ms in (0, 1, 333, 601, 2000)]
    (tmp_path / "jobs.json").write_text(json.dumps(jobs))
    command = [micropython(), "-X", "heapsize=2M", run_positions.__file__, FIRMWARE, tmp_path / "jobs.json"]
    subprocess.run(list(map(str, command)), check=True, timeout=60)
    for path, start_ms, target in jobs:
        rate = 24000 if "24000" in path else 44100
        judged = path.replace("free-24000", "constant-24000").replace(
            "free-44100", "padded-44100"
        )  # the same sound in frames that FFmpeg knows
        wanted = mixed(decode_file(Path(judged).read_bytes()))[0, start_ms * rate // 1000 :]
        heard = np.fromfile(target, np.int16) / 32768
        assert len(heard) == len(wanted), (path, start_ms)
        assert not len(wanted) or np.max(np.abs(heard - wanted)) < 2**-13, (path, start_ms)
