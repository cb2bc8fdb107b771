"""Streams as LAME makes them, through PyAV, and the sounds that they are made of."""

import io
from fractions import Fraction

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.stream import AudioStream
from tests.mp3.judge import Sound


def sounds(rate: int, seconds: float, channels: int, seed: int, level: float = 0.6) -> Sound:
    """Something like speech and song, a fall of clicks in the middle, noise that swells; channels are alike, not equal. Peak `level`."""
    noise = np.random.default_rng(seed)
    middle = _sound(rate, seconds, 150, noise)
    sides = [_sound(rate, seconds, 200 + 90 * channel, noise) for channel in range(channels)]
    width = 0.25 if channels > 1 else 0.0
    sound = np.array([middle + width * side for side in sides])
    return level * sound / np.max(np.abs(sound))


def _sound(rate: int, seconds: float, pitch: float, noise: np.random.Generator) -> Sound:
    time = np.arange(round(seconds * rate)) / rate
    phase = 2 * np.pi * np.cumsum(pitch * (1 + 0.2 * np.sin(2 * np.pi * 1.3 * time))) / rate
    sound = np.zeros(len(time))
    for partial in range(1, 24):
        if 1.3 * pitch * partial < rate / 2:
            sound += np.sin(phase * partial) / partial
    sound *= 0.5 + 0.5 * np.sin(2 * np.pi * 3.1 * time)
    for at in np.arange(0.3, 0.7, 0.07):
        start = round(at * seconds * rate)
        tail = np.arange(min(rate // 40, len(time) - start))
        sound[start : start + len(tail)] += 3 * noise.standard_normal(len(tail)) * np.exp(-tail * 400 / rate)
    return sound + 0.3 * noise.standard_normal(len(time)) * np.clip(2 * time / seconds - 1, 0, 1) ** 2


def stream(sound: Sound, rate: int, kbits: int, **options: str) -> bytes:
    """Frames and nothing else."""
    context = av.CodecContext.create("libmp3lame", "w")
    assert isinstance(context, AudioCodecContext)
    context.sample_rate, context.layout, context.format = rate, _layout(sound), "fltp"
    context.bit_rate, context.time_base, context.options = kbits * 1000, Fraction(1, rate), options
    context.open()
    packets = [packet for frame in _frames(sound, rate, context.frame_size) for packet in context.encode(frame)]
    return b"".join(bytes(packet) for packet in packets + context.encode(None))


def file(sound: Sound, rate: int, kbits: int, quality: float | None = None, tags: dict[str, str] | None = None, **options: str) -> bytes:
    """A file with ID3v2 and a Xing or Info tag that tells delay and padding; with `quality`, 0 to 9, of variable rate."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp3", options=options) as container:
        container.metadata.update(tags or {})
        track = container.add_stream("libmp3lame", rate=rate, layout=_layout(sound), options=_quality(quality))
        assert isinstance(track, AudioStream)
        if quality is None:
            track.bit_rate = kbits * 1000
        for frame in _frames(sound, rate, 1152 if rate >= 32000 else 576):
            container.mux(track.encode(frame))
        container.mux(track.encode(None))
    return buffer.getvalue()


def _quality(quality: float | None) -> dict[str, str]:
    """FFmpeg's `global_quality` counts in units of 118 (FF_QP2LAMBDA)."""
    return {} if quality is None else {"flags": "+qscale", "global_quality": str(round(118 * quality))}


def _layout(sound: Sound) -> str:
    return "mono" if len(sound) == 1 else "stereo"


def _frames(sound: Sound, rate: int, size: int) -> list[av.AudioFrame]:
    frames = []
    for start in range(0, sound.shape[1], size):
        piece = np.ascontiguousarray(sound[:, start : start + size], dtype=np.float32)
        frame = av.AudioFrame.from_ndarray(piece, format="fltp", layout=_layout(sound))
        frame.sample_rate, frame.pts = rate, start
        frames.append(frame)
    return frames
