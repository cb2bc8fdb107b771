"""Sound for tests of the demo's ears: the committed programmes, and recordings put together from parts of them."""

import io
from functools import cache
from pathlib import Path

import av
import numpy as np

import loa.demo.audio
from loa.demo.evidence import Floats, Programme, Recording

RATE = 24_000
START = 1_790_000_000.0  # Unix time of every made-up recording's first sample
NAMES = ("cho-phien", "tiem-chung", "nong-vu", "cat-nuoc", "lu-quet", "truc-tiep")


@cache
def programme(name: str) -> Programme:
    """One committed MP3, mono at 24,000 Hz."""
    path = Path(loa.demo.audio.__file__).parent / f"{name}.mp3"
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    with av.open(str(path)) as container:
        frames = [out for frame in container.decode(audio=0) for out in resampler.resample(frame)] + resampler.resample(None)
    return Programme(name, RATE, np.concatenate([frame.to_ndarray()[0] for frame in frames]))


def programmes() -> list[Programme]:
    """All committed programmes."""
    return [programme(name) for name in NAMES]


def silence(seconds: float) -> Floats:
    return np.zeros(round(seconds * RATE))


def part(name: str, from_s: float = 0.0, to_s: float | None = None, gain: float = 1.0, fade_s: float = 0.02) -> Floats:
    """A part of a programme as a player would let it out: faded in and out, at a volume."""
    samples = programme(name).samples[round(from_s * RATE) : None if to_s is None else round(to_s * RATE)] * gain
    length = round(fade_s * RATE)
    ramp = np.arange(length) / max(length, 1)
    samples[:length] *= ramp
    samples[len(samples) - length :] *= ramp[::-1]
    return samples


def recording(*pieces: Floats, noise: float = 0.0, node: str = "loa-01") -> Recording:
    """The pieces one after another, with white noise of the given RMS over all."""
    samples = np.concatenate(pieces)
    samples = samples + noise * np.random.default_rng(1).standard_normal(len(samples))
    return Recording(node, START, RATE, np.clip(np.round(samples), -32_768, 32_767).astype(np.int16))


def adpcm_like(samples: Floats) -> Floats:
    """The samples after a real IMA ADPCM coder and decoder, with its quantisation noise."""
    file = io.BytesIO()
    with av.open(file, "w", format="wav") as coded:
        stream = coded.add_stream("adpcm_ima_wav", rate=RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(samples.astype(np.int16)[None, :], format="s16p", layout="mono")
        frame.sample_rate = RATE
        coded.mux(stream.encode(frame))
        coded.mux(stream.encode(None))
    file.seek(0)
    with av.open(file) as container:
        decoded = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])
    return decoded[: len(samples)].astype(np.float64)
