"""Reads what a simulated node played: its segments of sound on the host's time, and the levels of its pins.

A segment is one WAV for each time that I2S was on. Within it samples follow without a gap; between segments the speaker was silent.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from loa.sim.hardware.chip import PINS_FILE
from loa.sim.hardware.recorder import HEADER_BYTES, wav_header

Samples = npt.NDArray[np.int16]
_NS = 1_000_000_000


@dataclass(frozen=True)
class Segment:
    """`started_ns`: Unix ns of the first sample; `boot`: number of the node's start."""

    path: Path
    boot: int
    started_ns: int
    rate: int
    channels: int
    bits: int
    ppm: float = 0.0  # by how much its crystal was fast when it began

    @property
    def frames(self) -> int:
        """How many have been played so far, by the file's length: its header may not be closed yet."""
        return (self.path.stat().st_size - HEADER_BYTES) // (self.channels * self.bits // 8)

    @property
    def ended_ns(self) -> int:
        """Unix ns after the last sample."""
        return self.started_ns + round(self.frames * _NS / (self.rate * (1 + self.ppm / 1_000_000)))

    def samples(self) -> Samples:
        """16 bit samples, of several channels the first. Bits below 16 are dropped."""
        raw = np.fromfile(self.path, dtype="<i2" if self.bits == 16 else "<i4", offset=HEADER_BYTES)
        first = raw[: self.frames * self.channels : self.channels]
        return first if self.bits == 16 else (first >> 16).astype(np.int16)

    def close(self) -> None:
        """Give the file a header with its length, once the node writes no more."""
        length = self.frames * self.channels * self.bits // 8
        with self.path.open("r+b") as file:
            file.truncate(HEADER_BYTES + length)
            file.write(wav_header(self.rate, self.channels, self.bits, length))


@dataclass(frozen=True)
class Level:
    """A pin was driven to a level."""

    t_ns: int
    boot: int
    pin: int
    level: int


def segments(folder: Path) -> list[Segment]:
    """All segments of a node's folder in the order of time; one whose node lost power before it was described is left out."""
    found = []
    for wav in sorted(folder.glob("speaker-*.wav")):
        about = _described(wav.with_suffix(".json"))
        if about is not None and wav.stat().st_size >= HEADER_BYTES:
            found.append(Segment(wav, **about))
    return sorted(found, key=lambda segment: segment.started_ns)


def levels(folder: Path) -> list[Level]:
    """What the node did with its pins; a line that a power cut left half written is left out."""
    try:
        lines = (folder / PINS_FILE).read_text().split("\n")[:-1]
    except FileNotFoundError:
        return []
    return [Level(**json.loads(line)) for line in lines]


def track(parts: list[Segment], start_ns: int, end_ns: int, rate: int) -> Samples:
    """One piece of sound from `start_ns` to `end_ns`: the segments at their times and silence between them. ValueError for another rate.

    Where segments overlap, such as a pop of the amplifier and what plays, both are heard.
    """
    whole = np.zeros((end_ns - start_ns) * rate // _NS, dtype=np.int32)
    for part in parts:
        if part.rate != rate:
            raise ValueError(f"{part.path.name} has {part.rate} Hz, not {rate}")
        samples = part.samples()
        first = (part.started_ns - start_ns) * rate // _NS
        source = slice(max(0, -first), max(0, min(len(samples), len(whole) - first)))
        piece = samples[source]
        whole[max(0, first) : max(0, first) + len(piece)] += piece
    return whole.clip(-32768, 32767).astype(np.int16)


def write_wav(path: Path, samples: Samples, rate: int) -> None:
    """A mono WAV."""
    path.write_bytes(wav_header(rate, 1, 16, samples.nbytes) + samples.astype("<i2").tobytes())


def _described(side: Path) -> dict[str, Any] | None:
    try:
        about: dict[str, Any] = json.loads(side.read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    return about
