"""Recordings that an ear can tell apart, and plans made of them.

A voice is soft noise below two hundred hertz, another for each name: half a second of one is like no other, and its own steps are so small that
a click in the middle of it is one.
"""

import wave
import zlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

_RATE = 24_000
_SMOOTH = 128  # samples: what is left of the noise lies below some 200 Hz
_PEAK = 20_000
_EDGE = 120  # samples, 5 ms: it sets in and ends without a step


def voice(name: str, seconds: float, folder: Path) -> Path:
    """Makes `NAME.wav`, the same each time and like no other name's."""
    noise = np.random.default_rng(zlib.crc32(name.encode())).normal(0, 1, round(seconds * _RATE) + 2 * _SMOOTH)
    samples = np.convolve(noise, np.hanning(_SMOOTH + 2)[1:-1], mode="same")[_SMOOTH:-_SMOOTH]
    edge = np.hanning(2 * _EDGE)[:_EDGE]
    samples[:_EDGE] *= edge
    samples[-_EDGE:] *= edge[::-1]
    path = folder / f"{name}.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(_RATE)
        file.writeframes((samples / np.abs(samples).max() * _PEAK).astype("<i2").tobytes())
    return path


def plan_text(zone: str, slots: Mapping[str, float], late_s: int) -> str:
    """A plan file with one slot for each bulletin, named as it is, at a Unix second of today."""
    lines = [f"[bulletins.{name}]" for name in slots]
    for name, unix in slots.items():
        start = datetime.fromtimestamp(unix, ZoneInfo(zone))
        lines += ["[[slots]]", f'id = "{name}"', f'bulletin = "{name}"', f'at = ["{start:%H:%M:%S}"]']
        lines += [f"dates = [{start:%Y-%m-%d}]", f"late = {late_s}"]
    return "\n".join(lines)
