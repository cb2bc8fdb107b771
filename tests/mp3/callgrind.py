"""Instructions that a process executes, counted by valgrind; what a decoder costs is the difference of two lengths of one stream."""

import ctypes
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

_COUNT = re.compile(r"Collected\s*:\s*(\d+)")
_SECONDS = 900


def available() -> bool:
    return shutil.which("valgrind") is not None


def instructions(command: Sequence[str | Path], evidence: Path) -> int:
    """Of one run; the profile is left in `evidence`. RuntimeError if it fails."""
    run = subprocess.run(
        ["valgrind", "--tool=callgrind", f"--callgrind-out-file={evidence}", *map(str, command)],
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    found = _COUNT.search(run.stderr)
    if run.returncode or not found:
        raise RuntimeError(f"valgrind failed, exit {run.returncode}:\n{run.stderr[-2000:]}")
    return int(found[1])


def decode_with_ffmpeg(path: str, frames: int) -> None:
    """What is counted of FFmpeg: its float decoder without vector instructions, for the first frames of a stream without tags."""
    import av
    from av.audio.codeccontext import AudioCodecContext
    from tests.mp3.header import parse

    _scalar(Path(av.__file__).parent)
    content = Path(path).read_bytes()
    context = av.CodecContext.create("mp3float", "r")
    assert isinstance(context, AudioCodecContext)
    at = 0
    for _ in range(frames):
        header = parse(content[at : at + 4])
        assert header is not None
        context.decode(av.Packet(content[at : at + header.frame_bytes]))
        at += header.frame_bytes


def _scalar(package: Path) -> None:
    """FFmpeg asks the processor what it can; this says: nothing. The library is the one that PyAV has loaded."""
    (library,) = [path for folder in (package.parent / "av.libs", package / ".dylibs") for path in folder.glob("libavutil*")]
    ctypes.CDLL(str(library)).av_force_cpu_flags(0)


if __name__ == "__main__":
    decode_with_ffmpeg(sys.argv[1], int(sys.argv[2]))
