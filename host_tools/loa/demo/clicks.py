"""Finds clicks in a recording: steps above 1/64 of full scale that the programme playing there does not have.

A fade or a volume ramp scales the programme's own steps by a gain between nothing and the loudest gain nearby, so a step between zero
and that much of the programme's step is no click. Where nothing known sounds, every such step counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from loa.demo.evidence import FRAME_S, HOP_S, Floats, Programme, Recording, Segment, compare

STEP_MAX = 32_768 // 64

_GAIN_NEAR_S = 0.25  # a gain is compared with the loudest this far around
_EDGE_S = 0.040  # the frame-wise bounds of a segment are this uncertain
_ONE_CLICK_S = 0.005


@dataclass(frozen=True)
class Click:
    """One click: Unix time in seconds, and by how much of full scale (0 to 2) it steps more than the programme."""

    node: str
    at: float
    step: float


def find_clicks(
    recording: Recording, segments: Sequence[Segment], programmes: dict[str, Programme], *, power_lost: bool = False
) -> list[Click]:
    """Clicks of `recording` in order; `segments` are those heard in it. It begins in silence, and ends in it unless `power_lost`."""
    samples = np.append(recording.samples.astype(np.float64), [] if power_lost else [0.0])
    steps = np.diff(samples, prepend=0.0)
    excess = np.abs(steps)
    for segment in segments:
        first, low, high = _explained(recording, samples, segment, programmes[segment.programme])
        there = slice(first, first + len(low))
        excess[there] = np.minimum(excess[there], np.maximum(np.maximum(steps[there] - high, low - steps[there]), 0.0))
    clicks: list[Click] = []
    quiet_again = 0
    for index in np.flatnonzero(excess > STEP_MAX).tolist():
        if index >= quiet_again:
            clicks.append(Click(recording.node, recording.start + index / recording.rate, round(float(excess[index]) / 32_768, 4)))
        quiet_again = index + int(_ONE_CLICK_S * recording.rate)
    return clicks


def _explained(recording: Recording, samples: Floats, segment: Segment, programme: Programme) -> tuple[int, Floats, Floats]:
    """First sample, and for each from there the lowest and highest step that the segment's programme can have made."""
    rate, wanted = recording.rate, programme.samples.astype(np.float64)
    first = max(round((segment.start - recording.start - _EDGE_S) * rate), 0, -segment.shift)
    last = min(round((segment.end - recording.start + _EDGE_S) * rate), len(samples), len(wanted) - segment.shift)
    part = wanted[first + segment.shift : last + segment.shift]
    frames = compare(samples[first:last], part, rate)
    near = round(_GAIN_NEAR_S / HOP_S)
    padded = np.pad(np.minimum(frames.gain, 1.5 * segment.gain), near)
    loudest = np.lib.stride_tricks.sliding_window_view(padded, 2 * near + 1).max(axis=1)
    middles = (np.arange(len(loudest)) * HOP_S + FRAME_S / 2) * rate
    gain = np.interp(np.arange(len(part)), middles, loudest)
    # Neighbours count too: a programme resampled elsewhere may lie half a sample aside.
    before = wanted[first + segment.shift - 1] if first + segment.shift > 0 else 0.0
    own = np.pad(np.diff(part, prepend=before), 1)
    around = np.lib.stride_tricks.sliding_window_view(own, 3)
    return first, np.minimum(around.min(axis=1) * gain, 0.0), np.maximum(around.max(axis=1) * gain, 0.0)
