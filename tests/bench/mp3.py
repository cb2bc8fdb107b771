"""The MP3 decoder: how exact, how large, how dear and how hard to break. What the figures come from is in tests/mp3."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.mp3 import callgrind, catalogue, cost, fuzzing, state
from tests.mp3.compare import compared
from tests.mp3.run_frames import __file__ as FRAMES_RUNNER
from tests.mp3.subject import micropython

from loa.firmware import FIRMWARE

_FEW, _MANY = 20, 140  # granules
_SAMPLES = 576
_FUZZ_INPUTS = 1_000_000
_FUZZ_PARTS = 16
_FUZZ_PROCESSES = 2
_CHIP_INPUTS = 500
_RUNNER = Path(FRAMES_RUNNER)


def measure(folder: Path) -> dict[str, Any]:
    """Some ten minutes on two cores."""
    code = state.code_bytes()
    (folder / "code.json").write_text(json.dumps(code, indent=1))
    return {
        "streams": _streams(folder),
        "state_bytes": state.state_bytes(stereo=False),
        "state_bytes_stereo": state.state_bytes(stereo=True),
        "native_bytes": sum(module["native"] for module in code.values()),
        "table_bytes": code["tables"]["constants"],
        **_x86(folder),
        **_esp32(folder),
        **_fuzz(folder),
    }


def _streams(folder: Path) -> list[dict[str, Any]]:
    found = []
    with TemporaryDirectory() as work:
        for result in compared(catalogue.names(), Path(work)):
            error = result.difference
            found.append(
                {
                    "name": result.name,
                    "rms": error.rms if error else None,
                    "max": error.max if error else None,
                    "full_accuracy": error is not None and error.full_accuracy and not result.problem,
                    **({"problem": result.problem} if result.problem else {}),
                }
            )
    (folder / "streams.json").write_text(json.dumps(found, indent=1))
    return found


def _x86(folder: Path) -> dict[str, Any]:
    """Instructions per output sample on x86-64, and FFmpeg's scalar float decoder's, which mixes nothing down."""
    if not callgrind.available():
        return {"x86_instr_per_sample": "valgrind is not installed"}
    ours, theirs = {}, {}
    for name, make in cost.OWN.items():
        path = folder / f"{name}.mp3"
        path.write_bytes(make().content)
        a_frame = 1 if "24000" in name else 2
        ours[name] = _difference(
            folder, f"ours-{name}", lambda n, path=path: [micropython(), "-X", "heapsize=2M", _RUNNER, FIRMWARE, path, n]
        )
        theirs[name] = _difference(
            folder, f"ffmpeg-{name}", lambda n, path=path, each=a_frame: [sys.executable, "-m", "tests.mp3.callgrind", path, n // each]
        )
    return {
        "x86_instr_per_sample": ours,
        "x86_instr_per_sample_c": {"decoder": "FFmpeg mp3float, no vector instructions", **theirs},
        "x86_ratio": {name: round(ours[name] / theirs[name], 2) for name in ours},
    }


def _difference(folder: Path, name: str, command: Any) -> float:
    few, many = (callgrind.instructions(command(n), folder / f"callgrind.{name}.{n}") for n in (_FEW, _MANY))
    return round((many - few) / ((_MANY - _FEW) * _SAMPLES), 1)


def _esp32(folder: Path) -> dict[str, Any]:
    """Instructions of the chip's own machine code, executed in an interpreter, and bytecodes between them."""
    costs = [cost.cost(name) for name in cost.OWN]
    (folder / "esp32.json").write_text(json.dumps([asdict(one) for one in costs], indent=1))
    return {
        "esp32_instr_per_sample_est": {one.name: round(one.kernel_instructions + one.bytecode_instructions, 1) for one in costs},
        "esp32_instr_per_sample_kernels": {one.name: round(one.kernel_instructions, 1) for one in costs},
        "esp32_bytecodes_per_granule": {one.name: round(sum(one.bytecodes.values())) for one in costs},
        "esp32_worst_granule_instr": {one.name: one.worst for one in costs},
        "esp32_exactness": {one.name: asdict(one.difference) for one in costs},
        "esp32_arithmetic": f"kernels: every instruction executed; bytecodes x {cost.INSTRUCTIONS_A_BYTECODE} instructions / {_SAMPLES} samples",
    }


def _fuzz(folder: Path) -> dict[str, Any]:
    with TemporaryDirectory() as work:
        paths = fuzzing.corpus(Path(work))
        runs = fuzzing.fuzz_all(paths, _FUZZ_INPUTS, _FUZZ_PROCESSES, _FUZZ_PARTS, Path(work))
        chip = fuzzing.fuzz_on_chip(paths, 1, _CHIP_INPUTS)
    (folder / "fuzz.json").write_text(json.dumps([asdict(run) for run in runs] + [asdict(chip)], indent=1))
    return {
        "fuzz_inputs": sum(run.inputs for run in runs) + chip.inputs,
        "fuzz_failures": sum(run.failure is not None for run in runs) + (chip.failure is not None),
        "fuzz_granules_concealed": sum(run.concealed for run in runs),
        "fuzz_call_instr_max": chip.instructions_max,
    }
