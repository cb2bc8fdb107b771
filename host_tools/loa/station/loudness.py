"""Loudness by EBU R 128 (ITU-R BS.1770), measured and mended with FFmpeg's filters, so that no bulletin startles and none is lost."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
from av.filter import Graph
from numpy.typing import NDArray

Samples = NDArray[np.float32]

_CHUNK = 9600
_OVERSAMPLING = 4  # true peaks lie between samples
_LIMITER_MARGIN_DB = 0.3  # the way back to the lower rate adds a little
_SILENCE_LUFS = -70.0  # the gate of BS.1770
_MEASURES_PER_S = 10  # FFmpeg's ebur128 says nothing of a shorter rest at the end


@dataclass(frozen=True)
class Loudness:
    """Integrated loudness in LUFS, -inf for silence or less than 400 ms of sound, and the true peak in dBTP."""

    lufs: float
    peak_dbtp: float


def measure(samples: Samples, rate: int) -> Loudness:
    """Loudness of mono samples, full scale 1.0."""
    lufs, peak = -math.inf, 0.0
    whole = np.pad(samples, (0, -len(samples) % (rate // _MEASURES_PER_S)))
    for frame in _filtered(whole, rate, [("ebur128", "metadata=1:peak=true")]):
        lufs = float(frame.metadata["lavfi.r128.I"])
        peak = max(peak, float(frame.metadata["lavfi.r128.true_peak"]))
    return Loudness(lufs if lufs > _SILENCE_LUFS else -math.inf, 20 * math.log10(peak) if peak > 0 else -math.inf)


def normalised(samples: Samples, rate: int, target_lufs: float, peak_dbtp: float) -> Samples:
    """The samples brought to a loudness by one gain, with peaks above the limit held down; as they are if their loudness has no measure."""
    held = measure(samples, rate)
    if math.isinf(held.lufs):
        return samples
    gain = target_lufs - held.lufs
    if held.peak_dbtp + gain <= peak_dbtp:
        return (samples * 10 ** (gain / 20)).astype(np.float32)
    limit = 10 ** ((peak_dbtp - _LIMITER_MARGIN_DB) / 20)
    chain = [
        ("volume", f"{gain:.3f}dB"),
        ("aresample", str(rate * _OVERSAMPLING)),
        ("alimiter", f"limit={limit:.6f}:attack=5:release=50:level=disabled:latency=1"),
        ("aresample", str(rate)),
    ]
    limited = np.concatenate([_mono(frame) for frame in _filtered(samples, rate, chain)])
    return _fitted(limited, len(samples))


def _filtered(samples: Samples, rate: int, chain: list[tuple[str, str]]) -> Iterator[av.AudioFrame]:
    graph = Graph()
    last = graph.add_abuffer(format="flt", sample_rate=rate, layout="mono", time_base=Fraction(1, rate))
    for name, arguments in [*chain, ("aformat", "sample_fmts=flt:channel_layouts=mono"), ("abuffersink", "")]:
        node = graph.add(name, arguments)
        last.link_to(node)
        last = node
    graph.configure()
    for start in range(0, len(samples), _CHUNK):
        frame = av.AudioFrame.from_ndarray(samples[np.newaxis, start : start + _CHUNK], format="flt", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
        graph.push(frame)
        yield from _pulled(graph)
    graph.push(None)
    yield from _pulled(graph)


def _pulled(graph: Graph) -> Iterator[av.AudioFrame]:
    while True:
        try:
            frame = graph.pull()
        except (av.BlockingIOError, av.EOFError):  # the filter wants more, or has given all
            return
        assert isinstance(frame, av.AudioFrame)
        yield frame


def _mono(frame: av.AudioFrame) -> Samples:
    samples: Samples = frame.to_ndarray()[0].astype(np.float32)
    return samples


def _fitted(samples: Samples, length: int) -> Samples:
    """Cut or filled with silence: a resampler may give a sample more or less."""
    return samples[:length] if len(samples) >= length else np.pad(samples, (0, length - len(samples)))
