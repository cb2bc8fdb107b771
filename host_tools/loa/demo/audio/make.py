"""Makes the demo's MP3 files: Vietnamese speech by espeak-ng, and a pentatonic tune for the live programme.

Run once by a contributor, `python -m loa.demo.audio.make`; the demo itself only reads the files. Needs `espeak-ng` on PATH.
"""

import io
import subprocess
import wave
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

HERE = Path(__file__).parent
Samples = NDArray[np.float64]

_SPEECH_RATE = 22_050  # what espeak-ng speaks at
_PEAK = 0.7


@dataclass(frozen=True)
class Announcement:
    """One spoken file: its name, the text, and espeak-ng's speed in words a minute and pitch (0 to 99)."""

    name: str
    text: str
    speed: int
    pitch: int


ANNOUNCEMENTS = (
    Announcement(
        "cho-phien",
        "Thông báo chợ phiên. Sáng chủ nhật tuần này, chợ phiên Mộc Châu mở cửa từ sáu giờ. Kính mời bà con đến mua bán.",
        150,
        45,
    ),
    Announcement(
        "tiem-chung",
        "Trạm y tế xã thông báo. Thứ năm, từ bảy giờ ba mươi, tiêm vắc xin sởi cho trẻ từ chín tháng tuổi "
        "tại nhà văn hóa bản. Nhớ mang theo sổ tiêm.",
        155,
        62,
    ),
    Announcement(
        "cat-nuoc",
        "Thông báo ưu tiên. Nước sạch ngừng cấp từ mười ba giờ đến mười bảy giờ hôm nay. Bà con chủ động trữ nước.",
        165,
        38,
    ),
    Announcement(
        "lu-quet",
        "Khẩn cấp! Cảnh báo lũ quét! Nước suối đang lên nhanh. Bà con rời ngay bờ suối, lên nhà văn hóa trên cao.",
        175,
        70,
    ),
    Announcement(
        "nong-vu",
        "Bản tin nông nghiệp. Tuần tới trời rét đậm, nhiệt độ vùng núi có nơi dưới năm độ. Bà con che chắn chuồng trại, cho trâu bò "
        "ăn đủ cỏ khô và uống nước ấm. Ruộng mạ cần giữ nước ngập chân, phủ ni lông vào ban đêm. Hỏi thêm cán bộ khuyến nông xã.",
        160,
        50,
    ),
)
LIVE = Announcement(
    "truc-tiep",
    "Đài truyền thanh xã xin chào bà con. Sau đây là chương trình ca nhạc và tin tức trong ngày.",
    145,
    55,
)

_LIVE_S = 20.0
_LIVE_RATE = 44_100
_LIVE_SPEECH_AT_S = 6.5
_BEAT_S = 0.3
_SCALE_HZ = (293.66, 329.63, 392.00, 440.00, 493.88, 587.33)  # D E G A B D
_TUNE_SEED = 39


def speak(announcement: Announcement) -> Samples:
    """What espeak-ng says, mono at 22,050 Hz, silence trimmed from both ends, peak 0.7."""
    command = ["espeak-ng", "-v", "vi", "-s", str(announcement.speed), "-p", str(announcement.pitch), "--stdout", announcement.text]
    wav = subprocess.run(command, check=True, capture_output=True).stdout
    with wave.open(io.BytesIO(wav)) as spoken:
        samples = np.frombuffer(spoken.readframes(len(wav)), np.int16) / 32_768
    sounding = np.flatnonzero(np.abs(samples) > 0.005)
    samples = samples[sounding[0] : sounding[-1] + 1]
    return samples * (_PEAK / float(np.abs(samples).max()))


def tune(seconds: float, rate: int) -> Samples:
    """A plucked pentatonic melody that wanders and never repeats, over a shaker and a soft fifth below, peak 0.5."""
    chance = np.random.default_rng(_TUNE_SEED)
    out = np.zeros(int(seconds * rate))
    ring = np.arange(int(1.2 * rate)) / rate
    envelope = np.exp(-3.5 * ring) * np.minimum(1.0, ring / 0.006)
    degree = 2
    for beat in range(int(seconds / _BEAT_S)):
        degree = int(np.clip(degree + chance.choice([-2, -1, 1, 2]), 0, len(_SCALE_HZ) - 1))
        pitch = _SCALE_HZ[degree]
        turns = chance.uniform(0, 2 * np.pi, 7)
        pluck = sum(np.sin(2 * np.pi * pitch * harmonic * ring + turns[harmonic]) / harmonic**1.7 for harmonic in range(1, 7))
        low = 0.4 * np.sin(2 * np.pi * pitch / 3 * ring + turns[0]) if beat % 4 == 0 else 0.0
        shaker = 0.6 * np.exp(-25 * ring) * chance.standard_normal(len(ring))
        start = int(beat * _BEAT_S * rate)
        note = (envelope * (pluck + low + shaker))[: len(out) - start]
        out[start : start + len(note)] += note
    return out * (0.5 / float(np.abs(out).max()))


def programme() -> Samples:
    """The live programme, 20 s at 44,100 Hz: the tune, a greeting while it is held back, the tune again."""
    music = tune(_LIVE_S, _LIVE_RATE)
    voice = speak(LIVE)
    positions = np.arange(int(len(voice) * _LIVE_RATE / _SPEECH_RATE)) * _SPEECH_RATE / _LIVE_RATE
    voice = np.interp(positions, np.arange(len(voice)), voice)
    start = int(_LIVE_SPEECH_AT_S * _LIVE_RATE)
    times = np.arange(len(music))
    fade = 0.5 * _LIVE_RATE
    held_back = np.interp(times, [start - fade, start, start + len(voice), start + len(voice) + fade], [1.0, 0.15, 0.15, 1.0])
    ends = np.interp(times, [0, 0.02 * _LIVE_RATE, len(music) - fade, len(music)], [0.0, 1.0, 1.0, 0.0])
    mixed = music * held_back * ends
    mixed[start : start + len(voice)] += voice
    return mixed * (_PEAK / float(np.abs(mixed).max()))


def write_mp3(path: Path, samples: Samples, rate: int, channels: int, bit_rate: int) -> None:
    """Encode `samples` (mono, at most 1.0) as an MP3 of one or two equal channels."""
    layout = "stereo" if channels == 2 else "mono"
    pcm = np.tile(np.round(samples * 32_767).astype(np.int16), (channels, 1))
    with av.open(path, "w", format="mp3") as container:
        stream = container.add_stream("libmp3lame", rate=rate, layout=layout, bit_rate=bit_rate)
        frame = av.AudioFrame.from_ndarray(pcm, format="s16p", layout=layout)
        frame.sample_rate = rate
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def main() -> None:
    """Write every file anew beside this script."""
    for announcement in ANNOUNCEMENTS:
        write_mp3(HERE / f"{announcement.name}.mp3", speak(announcement), _SPEECH_RATE, 1, 32_000)
    write_mp3(HERE / f"{LIVE.name}.mp3", programme(), _LIVE_RATE, 2, 48_000)


if __name__ == "__main__":
    main()
