"""Bytes of MicroPython's heap: what each module of the firmware costs when it is loaded, and what a running node holds.

Counted on the 64-bit unix port. A node that runs is watched from outside its firmware: give `ProbedNode` in place of `SimulatedNode`, and
read `heap_figures` when it is done. What that means on the chip is arithmetic, see `on_32_bit`.
"""

import json
import subprocess
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.bench.probe import HEAP_FILE

import loa.sim
from loa.provision.link.modules import Program
from loa.provision.overlays import overlays
from loa.provision.slot import ENTRY, compile_text, compiled, modules
from loa.provision.sources import libraries
from loa.sim.runtime import Runtime, find_runtime

_SIM = Path(loa.sim.__file__).parent
_SCRIPT = Path(__file__).with_name("heap_modules.py")
_ROOTS = tuple(ENTRY)
_THRESHOLD = 4_096  # of gc.threshold in the probe: garbage is at most so much when the peak is read


def measure(folder: Path) -> dict[str, Any]:
    """`modules`: what each would cost if it were loaded as it is written, largest first; a package is charged to the first of its modules, a new table
    of names to whoever needs it. `whole`, `lean`: what the joined application costs, as nodes with and without PSRAM load it (`joined`)."""
    runtime = find_runtime()
    if runtime.march is None:
        raise SystemExit(f"the heap is MicroPython's: {runtime.says}")
    program = Program.parse(modules(), _ROOTS)
    written = {
        module: compile_text(text, runtime.march, folder, "-O3", name=module) for module, text in {**libraries(), **modules()}.items()
    }
    written = {module.removesuffix(".__init__"): content for module, content in written.items()}
    costs = _costs(runtime, _laid_out(written, program.packages, folder / "written"), [*program.order, *program.late])
    (folder / "modules.json").write_text(json.dumps(costs, indent=1))
    return {
        "runtime": runtime.says,
        "modules": {
            name: {"bytes": costs[name], "mpy_bytes": len(written[name]), "at_boot": name in program.order}
            for name in sorted(costs, key=lambda name: -costs[name])
        },
        **{
            name: _joined(runtime, program, lean, written["node.release"], folder / name)
            for name, lean in {"whole": False, "lean": True}.items()
        },
    }


def _joined(runtime: Runtime, program: Program, lean: bool, release: bytes, folder: Path) -> dict[str, Any]:
    """What the application costs when it is loaded (`at_boot`), and each module that is loaded while it is used (`late`, `overlays`)."""
    joined = {
        path.removesuffix(".mpy").replace("/", ".").removesuffix(".__init__"): binary
        for path, binary in compiled(runtime.march, lean).items()
        if path.endswith(".mpy")
    }
    joined["node.release"] = release
    numbers = {name: str(number) for number, name in enumerate(overlays(lean))}
    loaded = _costs(runtime, _laid_out(joined, program.packages, folder), [*_ROOTS, *program.late, *numbers.values()])
    code = sum(len(joined[module]) for module in _ROOTS)
    boot = sum(loaded[module] for module in _ROOTS)
    return {
        "late": {module: {"bytes": loaded[module], "mpy_bytes": len(joined[module])} for module in program.late},
        "overlays": {name: {"bytes": loaded[number], "mpy_bytes": len(joined[number])} for name, number in numbers.items()},
        "at_boot": {"loaded_bytes": boot, "mpy_bytes": code, "on_32_bit": on_32_bit(boot, code)},
    }


def _laid_out(modules: dict[str, bytes], packages: set[str], folder: Path) -> Path:
    """`folder`, with the modules in it so that they can be imported."""
    for module, content in modules.items():
        target = folder / (module.replace(".", "/") + ("/__init__.mpy" if module in packages else ".mpy"))
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return folder


def on_32_bit(used: int, code: int) -> dict[str, Any]:
    """What `used` bytes of a 64-bit heap are on the chip, of which `code` came as bytecode and strings.

    Words are 4 bytes for 8 and the collector's blocks 16 for 32, so all that is made of words (objects, tables of constants, dicts, lists)
    is half as large. Bytecode and the letters of names are bytes on both. An `.mpy` holds little else, so its size stands for them.
    """
    half = (used - code) // 2
    return {"bytes": code + half, "arithmetic": f"{code} (code, as it is) + ({used} - {code}) / 2 (words)"}


def _costs(runtime: Runtime, application: Path, modules: Iterable[str]) -> dict[str, int]:
    emulation = f"{_SIM.parent.parent}:{_SIM / 'unix'}"
    command = [str(runtime.command), "-X", "heapsize=8M", str(_SCRIPT), str(application), emulation, *modules]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        raise SystemExit(f"{_SCRIPT.name} failed:\n{run.stdout}{run.stderr}")
    return dict(json.loads(line) for line in run.stdout.splitlines())


@dataclass(frozen=True)
class HeapFigures:
    """`emulation_bytes`: the emulated board's own, not counted in the others. `resident_bytes`: the most held after a collection; of it
    `boot_bytes` at the first one after `node.app` ran. `transient_bytes`: the most above the resident between two, within 4 KB."""

    emulation_bytes: int
    boot_bytes: int
    resident_bytes: int
    transient_bytes: int


def heap_figures(node_folder: Path) -> HeapFigures:
    """What the probe of a `ProbedNode` saw over all its starts. ValueError if it saw nothing."""
    lines = [json.loads(line) for line in (node_folder / HEAP_FILE).read_text().splitlines()]
    samples = [line for line in lines if "held" in line]
    if not samples:
        raise ValueError(f"the node in {node_folder} did not live for a second")
    base = max(line["emulation"] for line in lines if "emulation" in line)
    transient = max(line["peak"] - line["held"] for line in samples) - _THRESHOLD
    return HeapFigures(base, samples[0]["held"] - base, max(line["held"] for line in samples) - base, max(transient, 0))


def running(node_folder: Path, code: int) -> dict[str, Any]:
    """`heap_figures` as a bench stores them, with the resident bytes on the chip; `code` as for `on_32_bit`."""
    figures = heap_figures(node_folder)
    return asdict(figures) | {"on_32_bit": on_32_bit(figures.resident_bytes, code)}
