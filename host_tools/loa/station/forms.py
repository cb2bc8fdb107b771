"""The forms in which sound leaves the station, by the codecs' names on the wire: as files and as live streams."""

from collections.abc import Iterator
from typing import Protocol

from loa.station import mp3, wav
from loa.station.wav import Samples

MPEG_TYPE = "audio/mpeg"
WAV_TYPE = "audio/wav"
SUFFIXES = (".mp3", ".wav")  # of files


class Encoder(Protocol):
    """Makes a live stream: `header` comes first for every listener, then blocks of `block_samples` samples each from some block on."""

    block_samples: int

    @property
    def header(self) -> bytes: ...

    def blocks(self, samples: Samples) -> Iterator[bytes]:
        """The blocks of whole blocks of samples."""
        ...

    def end(self, samples: Samples) -> Iterator[bytes]:
        """The last blocks, of less than one block of samples and of what was held back."""
        ...


def encoder(codec: str, rate: int) -> Encoder:
    """A new stream."""
    return mp3.Encoder(rate) if codec == mp3.MP3 else wav.Encoder(codec, rate)


def file(codec: str, samples: Samples, rate: int) -> bytes:
    """A whole file."""
    return mp3.file(samples, rate) if codec == mp3.MP3 else wav.file(codec, samples, rate)


def suffix(codec: str) -> str:
    """How the file's name ends."""
    return SUFFIXES[codec != mp3.MP3]


def content_type(codec: str) -> str:
    """What HTTP calls it."""
    return MPEG_TYPE if codec == mp3.MP3 else WAV_TYPE


def file_type(name: str) -> str:
    """The same, of a file by its name."""
    return MPEG_TYPE if name.endswith(SUFFIXES[0]) else WAV_TYPE
