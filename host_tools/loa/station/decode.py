"""Turns whatever audio a person has into mono samples at one rate, through FFmpeg (PyAV)."""

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from loa.errors import EXIT_INVALID, LoaError
from loa.language import _

LONGEST_S = 4 * 3600
_NETWORK_S = 10.0  # to open a URL, and for each read from it


def decoded(source: str | Path, rate: int) -> Iterator[NDArray[np.float32]]:
    """Stretches of mono samples, full scale 1.0, of the first audio stream of a file or URL.

    Raises `LoaError` for what is no audio or breaks off with an error; a file that merely ends early gives what it has.
    """
    resampler = AudioResampler(format="flt", layout="mono", rate=rate)
    total = 0
    try:
        with av.open(str(source), metadata_errors="replace", timeout=_NETWORK_S) as container:
            if not container.streams.audio:
                raise LoaError(
                    _("{source}: holds no audio", source=source), _("hand in a recording, for example MP3, M4A, OGG or WAV"), EXIT_INVALID
                )
            for frame in container.decode(container.streams.audio[0]):
                for piece in resampler.resample(frame):
                    total += piece.samples
                    yield piece.to_ndarray()[0]
            for piece in resampler.resample(None):
                total += piece.samples
                yield piece.to_ndarray()[0]
    except FileNotFoundError as error:
        raise LoaError(_("{source}: no such file", source=source), exit_code=EXIT_INVALID) from error
    except (av.FFmpegError, OSError, ValueError) as error:
        raise LoaError(
            _("{source}: cannot be read as audio: {error}", source=source, error=error), _("check that it plays elsewhere"), EXIT_INVALID
        ) from error
    if total == 0:
        raise LoaError(_("{source}: holds no audio", source=source), _("the stream in it is empty"), EXIT_INVALID)


def decoded_file(path: Path, rate: int) -> NDArray[np.float32]:
    """All samples of a file of at most four hours."""
    pieces, total = [], 0
    for piece in decoded(path, rate):
        pieces.append(piece)
        total += len(piece)
        if total > LONGEST_S * rate:
            raise LoaError(
                _("{path}: longer than {LONGEST_S} hours", path=path, LONGEST_S=LONGEST_S // 3600), _("cut it into parts"), EXIT_INVALID
            )
    return np.concatenate(pieces)
