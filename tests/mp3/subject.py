"""The decoder under test, run on MicroPython as a node runs it."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tests.mp3.judge import Sound

from loa.firmware import FIRMWARE
from loa.sim.runtime import find_runtime

RUNNER = Path(__file__).with_name("run_decoder.py")
_SECONDS = 300


@dataclass(frozen=True)
class Heard:
    """What came out, full scale 1.0, and what the decoder told at the end."""

    sound: Sound
    rate: int
    channels: int
    version: int
    granules: int
    concealed: int
    skipped: int


def micropython() -> Path:
    runtime = find_runtime()
    if runtime.march is None:
        raise SystemExit(f"the decoder is MicroPython's: {runtime.says}")
    return Path(runtime.command)


def decode(contents: Sequence[tuple[bytes, bool, bool]], folder: Path, interpreter: Path | None = None) -> list[Heard]:
    """Decode (stream, stereo, trim) each in `folder`, in one process, by MicroPython unless another interpreter is given."""
    jobs = []
    for number, (content, stereo, trim) in enumerate(contents):
        source, target = folder / f"{number}.mp3", folder / f"{number}.raw"
        source.write_bytes(content)
        jobs.append([str(source), str(target), stereo, trim])
    (folder / "jobs.json").write_text(json.dumps(jobs))
    command = [str(interpreter)] if interpreter else [str(micropython()), "-X", "heapsize=4M"]
    run = subprocess.run(
        [*command, str(RUNNER), str(FIRMWARE), str(folder / "jobs.json")], capture_output=True, text=True, timeout=_SECONDS, check=False
    )
    told = [json.loads(line.removeprefix("DONE "))[1] for line in run.stdout.splitlines() if line.startswith("DONE ")]
    if len(told) < len(jobs):
        raise RuntimeError(f"decoding {jobs[len(told)][0]} failed, exit {run.returncode}:\n{run.stdout[-1000:]}\n{run.stderr[-3000:]}")
    return [Heard(_sound(Path(target), 2 if stereo else 1), *figures) for (_, target, stereo, _), figures in zip(jobs, told, strict=True)]


def _sound(path: Path, channels: int) -> Sound:
    return np.fromfile(path, np.int32).reshape(-1, channels).T / float(1 << 24)


def cpython() -> Path:
    """The interpreter that runs kernels as Python; needs `compat` on its path and is slow."""
    return Path(sys.executable)
