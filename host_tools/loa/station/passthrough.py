"""Which MP3 files go to the nodes as they were handed in: those that nodes play as they are and that a new encoding would only make worse."""

from pathlib import Path

import av

from loa.firmware import mp3_frames
from loa.station.loudness import Loudness
from loa.station.mp3 import bits_a_second

_LARGER_MAX = 4 / 3  # than what the station would make of it
_TOO_LOUD_LU = 1.0  # off the target that the ear forgives
_HEAD_BYTES_MAX = 4096  # titles and pictures before the sound: nodes would fetch and store them


def fit(path: Path, rate: int, seconds: float, heard: Loudness, wanted: Loudness) -> bytes | None:
    """The file's content if nodes may have it as it is, else None.

    Fit is an MP3 of one channel or two at the nodes' `rate` that is as loud as it should be, not much larger than an encoding of the station's own,
    and tells its exact length. Never raises for what is no MP3.
    """
    if not _is_mp3(path, rate):
        return None
    content = path.read_bytes()
    as_loud = abs(heard.lufs - wanted.lufs) <= _TOO_LOUD_LU and heard.peak_dbtp <= wanted.peak_dbtp
    as_small = len(content) <= _LARGER_MAX * seconds * bits_a_second(rate) / 8
    return content if as_loud and as_small and _tells_length(content) else None


def _is_mp3(path: Path, rate: int) -> bool:
    with av.open(str(path), metadata_errors="replace") as container:
        streams = container.streams.audio
        return container.format.name == "mp3" and len(streams) == 1 and streams[0].codec_context.sample_rate == rate


def _tells_length(content: bytes) -> bool:
    """True where a Xing or Info tag says how many frames there are, near the beginning of the file."""
    start = 0
    while size := mp3_frames.id3v2_bytes(content[start : start + 10]):
        start += size
    finder = mp3_frames.Finder()
    finder.feed(content[start : start + _HEAD_BYTES_MAX])
    first = start + finder.place
    if finder.header is None or first > _HEAD_BYTES_MAX:
        return False
    tag = mp3_frames.tag_of(content[first : first + finder.header.size], finder.header)
    return tag is not None and tag.frames is not None and tag.lead > 0
