"""MP3 as nodes play it best: one channel, constant bit rate, as a file that tells its exact length or as a stream of frames.

LAME encodes, through FFmpeg. A file begins with an Info tag, so that a player can take encoder delay and padding off and find any position by
arithmetic.
"""

import io
from collections.abc import Iterator
from fractions import Fraction

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.stream import AudioStream
from numpy.typing import NDArray

Samples = NDArray[np.int16]

MP3 = "mp3"
_ENCODER = "libmp3lame"
_LAYOUT = "mono"
_FORMAT = "s16p"
_BITS_A_SECOND = {16000: 32000, 22050: 48000, 24000: 48000, 32000: 64000, 44100: 80000, 48000: 80000}


def bits_a_second(rate: int) -> int:
    """The bit rate at which speech and song at `rate` are made, in the one channel there is."""
    return _BITS_A_SECOND[rate]


def frame_samples(rate: int) -> int:
    """Samples of one frame: MPEG-1 from 32 kHz on, MPEG-2 below (ISO 11172-3 2.4.2.1, 13818-3 2.4.2.1)."""
    return 1152 if rate >= 32000 else 576


def file(samples: Samples, rate: int) -> bytes:
    """A whole file that plays as exactly these samples."""
    content = io.BytesIO()
    with av.open(content, "w", format="mp3", options={"id3v2_version": "0"}) as container:
        track = container.add_stream(_ENCODER, rate=rate, layout=_LAYOUT, options={"b": str(bits_a_second(rate))})
        assert isinstance(track, AudioStream)
        track.format = _FORMAT
        for frame in _frames(samples, rate):
            container.mux(track.encode(frame))
        container.mux(track.encode(None))
    return content.getvalue()


class Encoder:
    """Makes the frames of a live stream, which a decoder may take up anywhere; the first ones bring the encoder's delay of some 50 ms."""

    header = b""

    def __init__(self, rate: int) -> None:
        self.block_samples = frame_samples(rate)
        self._rate = rate
        context = av.CodecContext.create(_ENCODER, "w")
        assert isinstance(context, AudioCodecContext)
        context.sample_rate, context.layout, context.format = rate, _LAYOUT, _FORMAT
        context.bit_rate, context.time_base = bits_a_second(rate), Fraction(1, rate)
        context.open()
        self._context = context

    def blocks(self, samples: Samples) -> Iterator[bytes]:
        """Frames of whole blocks of samples, as they are ready: a frame later in the beginning."""
        for frame in _frames(samples, self._rate):
            yield from map(bytes, self._context.encode(frame))

    def end(self, samples: Samples) -> Iterator[bytes]:
        """The frames of the last samples, less than a block, and all that was held back."""
        yield from self.blocks(np.pad(samples, (0, -len(samples) % self.block_samples)))
        yield from map(bytes, self._context.encode(None))


def _frames(samples: Samples, rate: int) -> Iterator[av.AudioFrame]:
    size = frame_samples(rate)
    for start in range(0, len(samples), size):
        frame = av.AudioFrame.from_ndarray(samples[np.newaxis, start : start + size], format=_FORMAT, layout=_LAYOUT)
        frame.sample_rate = rate
        yield frame
