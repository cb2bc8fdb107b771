"""Makes the MP3 vectors with libmp3lame and their samples with FFmpeg's float decoder: `python tests/vectors/mp3_sound/make.py`.

Each stream comes with its sound as int16, for stereo the mean of both channels: the decoder's own rounding makes it differ by 1 at most.
"""

import io
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

HERE = Path(__file__).resolve().parent
STREAMS = {
    "speech": (24000, 1, 48_000, {}),
    "joint": (44100, 2, 96_000, {}),
    "apart": (44100, 2, 96_000, {"joint_stereo": "0"}),
    "slow": (8000, 1, 16_000, {}),
}


def sound(rate: int, channels: int) -> np.ndarray:
    """Two tones, a sweep and bursts of noise that make the encoder switch blocks."""
    chance = np.random.default_rng(rate)
    time = np.arange(rate // 2) / rate
    result = []
    for channel in range(channels):
        wave = 0.25 * np.sin(2 * np.pi * (200 + 210 * channel) * time) + 0.15 * np.sin(2 * np.pi * (50 + 0.2 * rate * time) * time)
        for place in (0.2, 0.55 + 0.2 * channel):
            at = int(place * len(time))
            length = len(wave[at : at + 400])
            wave[at : at + 400] += 0.5 * chance.normal(0, 1, length) * np.exp(-np.arange(length) / 60)
        result.append(np.clip(wave, -1, 1))
    return np.array(result, np.float32)


def encoded(samples: np.ndarray, rate: int, bits: int, options: dict[str, str]) -> bytes:
    target = io.BytesIO()
    with av.open(target, "w", format="mp3") as container:
        layout = "mono" if len(samples) == 1 else "stereo"
        stream = container.add_stream("libmp3lame", rate=rate, options=options)
        stream.layout, stream.bit_rate, stream.format = layout, bits, "fltp"
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout=layout)
        frame.sample_rate, frame.time_base, frame.pts = rate, Fraction(1, rate), 0
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    return target.getvalue()


def decoded(content: bytes) -> np.ndarray:
    with av.open(io.BytesIO(content)) as container:
        return np.concatenate([frame.to_ndarray() for frame in container.decode(audio=0)], axis=1)


def main() -> None:
    for name, (rate, channels, bits, options) in STREAMS.items():
        content = encoded(sound(rate, channels), rate, bits, options)
        wanted = np.clip(np.floor(decoded(content).astype(float).mean(axis=0) * 32768 + 0.5), -32768, 32767)
        (HERE / f"{name}.mp3").write_bytes(content)
        (HERE / f"{name}.raw").write_bytes(wanted.astype("<i2").tobytes())


if __name__ == "__main__":
    main()
