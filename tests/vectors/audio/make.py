"""Makes the IMA ADPCM vectors of this folder: coded by FFmpeg's encoder (through PyAV), or random nibbles; decoded by FFmpeg's decoder.

`vectors.json` holds, for each WAV file, the frames and the SHA-256 of what FFmpeg makes of it (int16, little endian).
"""

import hashlib
import io
import json
from pathlib import Path

import av
import numpy as np

HERE = Path(__file__).parent
RATE = 24_000
FRAMES = 8 * 1017


def main() -> None:
    time = np.arange(FRAMES) / RATE
    noise = np.random.default_rng(24)
    sweep = 20_000 * np.sin(2 * np.pi * (80 + 4_000 * time) * time)
    signals = {
        "sweep": (sweep, 512),
        "noise": (noise.normal(0, 9_000, FRAMES), 512),
        "clipped": (60_000 * np.sin(2 * np.pi * 700 * time), 1024),
        "quiet": (noise.normal(0, 3, FRAMES), 256),
    }
    files = {name: encode(np.clip(signal, -32768, 32767).astype(np.int16), block) for name, (signal, block) in signals.items()}
    files["random"] = random_blocks(noise)
    vectors = {}
    for name, content in files.items():
        (HERE / f"{name}.wav").write_bytes(content)
        samples = decode(content)
        vectors[f"{name}.wav"] = {"frames": len(samples), "sha256": hashlib.sha256(samples.tobytes()).hexdigest()}
    (HERE / "vectors.json").write_text(json.dumps(vectors, indent=1) + "\n")


def encode(samples: np.ndarray, block: int) -> bytes:
    """A WAV file of IMA ADPCM with blocks of `block` bytes."""
    file = io.BytesIO()
    with av.open(file, "w", format="wav", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("adpcm_ima_wav", rate=RATE, options={"block_size": str(block)})
        stream.codec_context.layout = "mono"
        whole = len(samples) // (2 * (block - 4) + 1) * (2 * (block - 4) + 1)
        frame = av.AudioFrame.from_ndarray(samples[np.newaxis, :whole], format="s16p", layout="mono")
        frame.sample_rate = RATE
        fifo = av.AudioFifo()
        fifo.write(frame)
        while fifo.samples:
            container.mux(stream.encode(fifo.read(2 * (block - 4) + 1)))
        container.mux(stream.encode(None))
    return file.getvalue()


def random_blocks(noise: np.random.Generator) -> bytes:
    """Every nibble at every step index sooner or later, predictors at both ends of the range."""
    blocks = b""
    for number in range(24):
        predictor = (-32768, 32767, 0)[number % 3]
        blocks += predictor.to_bytes(2, "little", signed=True) + bytes([number * 88 // 23, 0]) + noise.bytes(252)
    return head(256, len(blocks)) + blocks


def head(block: int, size: int) -> bytes:
    fields = (0x11, 2), (1, 2), (RATE, 4), (RATE * block // (2 * block - 7), 4), (block, 2), (4, 2), (2, 2), (2 * block - 7, 2)
    fmt = b"".join(value.to_bytes(width, "little") for value, width in fields)
    return (
        b"RIFF"
        + (40 + size).to_bytes(4, "little")
        + b"WAVEfmt "
        + len(fmt).to_bytes(4, "little")
        + fmt
        + b"data"
        + size.to_bytes(4, "little")
    )


def decode(content: bytes) -> np.ndarray:
    """What FFmpeg's decoder makes of a WAV file, mono int16."""
    with av.open(io.BytesIO(content)) as container:
        return np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])


if __name__ == "__main__":
    main()
