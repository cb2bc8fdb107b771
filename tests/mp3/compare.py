"""How far the decoder is from FFmpeg, stream by stream: `python -m tests.mp3.compare [NAME...]`; a NAME may be a part of one."""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.mp3 import catalogue
from tests.mp3.judge import Difference, Sound, difference, mixed
from tests.mp3.subject import Heard, decode


@dataclass(frozen=True)
class Result:
    """`name` ends in `/stereo` where both channels were decoded; `difference` is None where `problem` says why."""

    name: str
    difference: Difference | None
    problem: str = ""


def compared(names: Sequence[str], folder: Path) -> Iterator[Result]:
    """Mono output of every stream, and stereo output of those of two channels."""
    for name in names:
        stream = catalogue.make(name)
        ways = [False, True] if len(stream.wanted) == 2 else [False]
        for stereo in ways:
            title = name + ("/stereo" if stereo else "")
            try:
                (heard,) = decode([(stream.content, stereo, stream.trim)], folder)
                yield Result(title, difference(heard.sound, stream.wanted if stereo else mixed(stream.wanted)), _told(heard, stream.wanted))
            except (RuntimeError, ValueError) as problem:
                yield Result(title, None, str(problem))


def _told(heard: Heard, wanted: Sound) -> str:
    """What is wrong with what the decoder tells of a whole stream."""
    if heard.channels != len(wanted):
        return f"{heard.channels} channels told of {len(wanted)}"
    if heard.concealed:
        return f"{heard.concealed} granules concealed in a stream that is whole"
    return ""


def main(arguments: Sequence[str]) -> int:
    """0 if all streams are within full accuracy."""
    names = [name for name in catalogue.names() if not arguments or any(part in name for part in arguments)]
    good = True
    with tempfile.TemporaryDirectory() as folder:
        for result in compared(names, Path(folder)):
            found = result.difference
            fine = found is not None and found.full_accuracy and not result.problem
            good &= fine
            figures = f"rms {found.rms:.3e}  max {found.max:.3e}  {found.samples} samples" if found else ""
            print(f"{'ok ' if fine else 'BAD'} {result.name:40} {figures} {result.problem}", flush=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
