"""FFmpeg as the judge: what its float decoder makes of a stream, and how far something else is from it."""

import io
import math
from collections.abc import Iterable
from dataclasses import dataclass

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from numpy.typing import NDArray
from tests.mp3.header import frames

Sound = NDArray[np.float64]  # channels x samples, full scale 1.0

FULL_RMS, FULL_MAX = 2**-15 / math.sqrt(12), 2**-14  # ISO 11172-4 2.3.2: full accuracy
LIMITED_RMS = 2**-11 / math.sqrt(12)


@dataclass(frozen=True)
class Difference:
    """On full scale 1.0; `samples` were compared."""

    rms: float
    max: float
    samples: int

    @property
    def full_accuracy(self) -> bool:
        return self.rms < FULL_RMS and self.max < FULL_MAX


def decode_frames(packets: Iterable[bytes], rate: int, channels: int) -> Sound:
    """Every sample of the frames, from the first one's on: no delay is taken off."""
    context = av.CodecContext.create("mp3float", "r")
    assert isinstance(context, AudioCodecContext)
    context.sample_rate, context.layout = rate, "mono" if channels == 1 else "stereo"
    pieces = []
    for packet in packets:
        for frame in context.decode(av.Packet(packet)):
            pieces.append(frame.to_ndarray().astype(np.float64))
    return np.concatenate(pieces, axis=1)


def decode_stream(content: bytes) -> Sound:
    """Every sample of a stream of frames without tags."""
    found = list(frames(content))
    return decode_frames((frame for _, frame in found), found[0][0].rate, found[0][0].channels)


def decode_file(content: bytes) -> Sound:
    """A file as a player hears it: tags passed over, delay and padding taken off where a LAME tag says how much."""
    with av.open(io.BytesIO(content), format="mp3") as container:
        stream = container.streams.audio[0]
        pieces = [frame.to_ndarray().astype(np.float64) for frame in container.decode(stream)]
        assert stream.codec_context.codec.name == "mp3float", stream.codec_context.codec.name
    return np.concatenate(pieces, axis=1)


def mixed(sound: Sound) -> Sound:
    """The channels as one: their mean."""
    return sound.mean(axis=0, keepdims=True)


def difference(heard: Sound, wanted: Sound) -> Difference:
    """ValueError unless both are as long. What is beyond full scale counts as full scale, as it must come out."""
    if heard.shape != wanted.shape:
        raise ValueError(f"{heard.shape} heard where {wanted.shape} is wanted")
    error = np.clip(heard, -1.0, 1.0) - np.clip(wanted, -1.0, 1.0)
    return Difference(float(np.sqrt(np.mean(error**2))), float(np.max(np.abs(error))), error.size)
