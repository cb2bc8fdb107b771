"""Starts the fuzzers: many inputs as x64 machine code in MicroPython, fewer as the chip's own machine code with every instruction counted."""

import json
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tests.mp3 import catalogue
from tests.mp3.chip import machine_code
from tests.mp3.header import frames
from tests.mp3.subject import micropython

from loa.firmware import FIRMWARE

_RUNNER = Path(__file__).with_name("run_fuzz.py")
_SECONDS = 3600


@dataclass(frozen=True)
class Fuzzed:
    """`failure` is what did not hold, None where all did."""

    seed: int
    stereo: bool
    inputs: int
    calls: int
    granules: int
    concealed: int
    skipped: int
    failure: str | None


def corpus(folder: Path) -> list[Path]:
    """Streams to be damaged: all of the catalogue without tags and with a length in every header."""
    paths = []
    for name in catalogue.names():
        if not name.startswith(("file", "free")):
            paths.append(folder / f"{name}.mp3")
            paths[-1].write_bytes(catalogue.make(name).content)
    return paths


def fuzz(paths: Sequence[Path], seed: int, inputs: int, stereo: bool, folder: Path) -> Fuzzed:
    """One process of MicroPython."""
    listed = folder / "corpus.json"
    listed.write_text(json.dumps([str(path) for path in paths]))
    command = [micropython(), "-X", "heapsize=16M", _RUNNER, FIRMWARE, _RUNNER.parent, listed, seed, inputs, int(stereo)]
    run = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=_SECONDS, check=False)
    told = [line for line in run.stdout.splitlines() if line.startswith("FUZZ ")]
    if not told:
        return Fuzzed(seed, stereo, inputs, 0, 0, 0, 0, f"exit {run.returncode}: {run.stdout[-500:]} {run.stderr[-500:]}")
    return Fuzzed(seed, stereo, *json.loads(told[0].removeprefix("FUZZ ")))


def fuzz_all(paths: Sequence[Path], inputs: int, processes: int, parts: int, folder: Path) -> list[Fuzzed]:
    """As many inputs in `parts` runs, each with a seed of its own, in turn mono and stereo."""
    each = -(-inputs // parts)
    with ThreadPoolExecutor(processes) as pool:
        return list(pool.map(lambda seed: fuzz(paths, seed, each, seed % 2 == 1, folder), range(parts)))


@dataclass(frozen=True)
class OnChip:
    """`instructions_max` of all kernels in one call that makes at most one granule."""

    inputs: int
    calls: int
    instructions_max: int
    failure: str | None


def fuzz_on_chip(paths: Sequence[Path], seed: int, inputs: int) -> OnChip:
    """The same inputs with the kernels as the ESP32's machine code: guards round every buffer, alignment, bounded work."""
    from tests.mp3 import fuzz as fuzzing

    streams = [[frame for _, frame in frames(path.read_bytes())] for path in paths]
    with machine_code() as memory:
        fuzzer = fuzzing.Fuzzer(streams, seed, False, lambda out, n: int(np.max(np.abs(np.frombuffer(out, np.int32)[:n].astype(np.int64)))))
        held, worst, failure = 0, 0, None

        def called() -> None:
            nonlocal held, worst
            now = sum(memory.instructions.values())
            worst, held = max(worst, now - held), now

        try:
            fuzzer.run(inputs, called)
        except Exception as error:  # noqa: BLE001 -- whatever it is, it is the failure that was looked for
            failure = repr(error)
    return OnChip(fuzzer.inputs, fuzzer.calls, worst, failure)
