"""The ADPCM vectors are what FFmpeg makes of them today, and fresh signals decode as there."""

import importlib.util
import json
from array import array
from pathlib import Path

import numpy as np
import pytest

from node.audio.codecs.ima_adpcm import ImaAdpcm
from node.audio.wav import Parser

VECTORS = Path(__file__).parent.parent / "vectors" / "audio"


def _maker():
    spec = importlib.util.spec_from_file_location("make_audio_vectors", VECTORS / "make.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MAKE = _maker()


def _decode(content: bytes) -> np.ndarray:
    parser = Parser()
    at = parser.feed(memoryview(content), len(content))
    codec = ImaAdpcm()
    codec.start(parser.format)
    codec.feed(content[at:], parser.format.data_bytes)
    out = array("h", [0] * parser.format.frames_in(parser.format.data_bytes))
    assert codec.decode_into(out, 0, len(out)) == len(out)
    return np.array(out)


@pytest.mark.parametrize("name", json.loads((VECTORS / "vectors.json").read_text()))
def test_vectors(name: str) -> None:
    content = (VECTORS / name).read_bytes()
    assert np.array_equal(_decode(content), MAKE.decode(content))


@pytest.mark.parametrize("block", [256, 512, 1024, 2048])
def test_fresh_signals(block: int) -> None:
    noise = np.random.default_rng(block)
    for loudness in (10, 1_000, 30_000):
        samples = np.clip(noise.normal(0, loudness, 3 * (2 * block - 7)), -32768, 32767).astype(np.int16)
        content = MAKE.encode(samples, block)
        assert np.array_equal(_decode(content), MAKE.decode(content))
