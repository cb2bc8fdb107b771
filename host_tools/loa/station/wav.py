"""RIFF/WAVE as nodes play it: mono PCM 16 (format 1) or Microsoft IMA ADPCM (format 0x11), whole blocks behind one short header.

The same blocks make files and live streams; a stream's header gives no length (`STREAM`).
"""

import struct
from collections.abc import Iterator
from fractions import Fraction

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from numpy.typing import NDArray

Samples = NDArray[np.int16]

PCM16 = "pcm16"
IMA_ADPCM = "ima-adpcm"
STREAM = 0xFFFFFFFF
BLOCK_BYTES = 512
BLOCK_SAMPLES = (BLOCK_BYTES - 4) * 2 + 1  # the block's header holds the first one

_PCM_TAG = 1
_IMA_TAG = 0x11


def header(codec: str, rate: int, samples: int | None) -> bytes:
    """What stands before the first block: of a file with that many samples, a multiple of `BLOCK_SAMPLES`, or of a stream for None."""
    if codec == PCM16:
        data = STREAM if samples is None else samples * 2
        fmt = struct.pack("<HHIIHH", _PCM_TAG, 1, rate, rate * 2, 2, 16)
        chunks = _chunk(b"fmt ", fmt)
    else:
        data = STREAM if samples is None else samples // BLOCK_SAMPLES * BLOCK_BYTES
        fmt = struct.pack("<HHIIHHHH", _IMA_TAG, 1, rate, rate * BLOCK_BYTES // BLOCK_SAMPLES, BLOCK_BYTES, 4, 2, BLOCK_SAMPLES)
        chunks = _chunk(b"fmt ", fmt) + _chunk(b"fact", struct.pack("<I", STREAM if samples is None else samples))
    riff = STREAM if data == STREAM else 4 + len(chunks) + 8 + data
    return b"RIFF" + struct.pack("<I", riff) + b"WAVE" + chunks + b"data" + struct.pack("<I", data)


def padded(samples: Samples) -> Samples:
    """The samples with silence up to the end of the last block."""
    return np.pad(samples, (0, -len(samples) % BLOCK_SAMPLES))


def file(codec: str, samples: Samples, rate: int) -> bytes:
    """A whole file; where the samples end within a block, silence follows up to its end."""
    whole = padded(samples)
    return header(codec, rate, len(whole)) + b"".join(Encoder(codec, rate).blocks(whole))


class Encoder:
    """Makes blocks of `BLOCK_SAMPLES` samples each; a decoder may begin at any of them."""

    block_samples = BLOCK_SAMPLES

    def __init__(self, codec: str, rate: int) -> None:
        self.header = header(codec, rate, None)
        self._context: AudioCodecContext | None = None
        self._rate = rate
        if codec == IMA_ADPCM:
            context = av.CodecContext.create("adpcm_ima_wav", "w")
            assert isinstance(context, AudioCodecContext)
            context.sample_rate, context.layout, context.format = rate, "mono", "s16p"
            context.time_base = Fraction(1, rate)
            context.options = {"block_size": str(BLOCK_BYTES)}
            context.open()
            self._context = context

    def block(self, samples: Samples) -> bytes:
        """One block of exactly `BLOCK_SAMPLES` samples."""
        if self._context is None:
            return samples.astype("<i2").tobytes()
        frame = av.AudioFrame.from_ndarray(samples[np.newaxis, :], format="s16p", layout="mono")
        frame.sample_rate = self._rate
        (packet,) = self._context.encode(frame)
        return bytes(packet)

    def blocks(self, samples: Samples) -> Iterator[bytes]:
        """All blocks of padded samples."""
        for start in range(0, len(samples), BLOCK_SAMPLES):
            yield self.block(samples[start : start + BLOCK_SAMPLES])

    def end(self, samples: Samples) -> Iterator[bytes]:
        """The last samples, less than a block, with silence behind them."""
        return self.blocks(padded(samples))


def _chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data
