"""Bytes of MicroPython's heap: what each module of the firmware costs when it is loaded, and what a running node holds.

Counted on the 64-bit unix port. A node that runs is watched from outside its firmware: give `ProbedNode` in place of `SimulatedNode`, and
read `heap_figures` when it is done. What that means on the chip is arithmetic, see `on_32_bit`.
"""

import ast
import json
import subprocess
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.bench.probe import HEAP_FILE

import loa.sim
from loa.firmware import FIRMWARE
from loa.provision.slot import compiled
from loa.sim.runtime import Runtime, find_runtime

_SIM = Path(loa.sim.__file__).parent
_SCRIPT = Path(__file__).with_name("heap_modules.py")
ROOTS = (
    "node.app",
    "node.board",
    "node.audio.codecs.mp3",
)  # what main.py imports, and what the application does at boot on boards that play MP3
_THRESHOLD = 4_096  # of gc.threshold in the probe: garbage is at most so much when the peak is read


def measure(folder: Path) -> dict[str, Any]:
    """What every module costs, largest first. A package whose `__init__` imports its modules is charged to the first of them, a new
    table of names to whoever needs it."""
    runtime = find_runtime()
    if runtime.march is None:
        raise SystemExit(f"the heap is MicroPython's: {runtime.says}")
    files = compiled(runtime.march)
    for path, content in files.items():
        target = folder / "application" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    costs = _costs(runtime, folder / "application", import_order(FIRMWARE / "node"))
    (folder / "modules.json").write_text(json.dumps(costs, indent=1))
    sizes = {_module_name(Path(path)): len(content) for path, content in files.items()}
    at_boot = set(import_order(FIRMWARE / "node", ROOTS))
    modules = {
        name: {"bytes": costs[name], "mpy_bytes": sizes[name], "at_boot": name in at_boot}
        for name in sorted(costs, key=lambda name: -costs[name])
    }
    return {
        "runtime": runtime.says,
        "modules": modules,
        "all": _sum(costs, sizes, set(costs)),
        "at_boot": _sum(costs, sizes, at_boot),
    }


def _sum(costs: dict[str, int], sizes: dict[str, int], names: set[str]) -> dict[str, Any]:
    total, mpy = sum(costs[name] for name in names), sum(sizes[name] for name in names)
    return {"loaded_bytes": total, "mpy_bytes": mpy, "on_32_bit": on_32_bit(total, mpy)}


def on_32_bit(used: int, code: int) -> dict[str, Any]:
    """What `used` bytes of a 64-bit heap are on the chip, of which `code` came as bytecode and strings.

    Words are 4 bytes for 8 and the collector's blocks 16 for 32, so all that is made of words (objects, tables of constants, dicts, lists)
    is half as large. Bytecode and the letters of names are bytes on both. An `.mpy` holds little else, so its size stands for them.
    """
    half = (used - code) // 2
    return {"bytes": code + half, "arithmetic": f"{code} (code, as it is) + ({used} - {code}) / 2 (words)"}


def import_order(package: Path, roots: Iterable[str] = ()) -> list[str]:
    """The modules below `package`, each after those that it imports when it is loaded; with `roots` only these and what they import."""
    needs = {_module_name(path.relative_to(package.parent)): _needs(path) for path in sorted(package.rglob("*.py"))}
    order: list[str] = []
    visiting: set[str] = set()

    def visit(name: str) -> None:
        if name in order or name in visiting:
            return
        visiting.add(name)
        for other in [name.rpartition(".")[0], *needs[name]]:
            if other in needs:
                visit(other)
        order.append(name)

    for name in roots or needs:
        if name in needs:
            visit(name)
    return order


def _needs(path: Path) -> list[str]:
    """Names that may be modules and are imported at the top level of a file."""
    found = []
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return found


def _module_name(path: Path) -> str:
    """`node/bus/__init__.mpy` is `node.bus`."""
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


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
