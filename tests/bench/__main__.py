"""Runs one bench and stores its figures in build/bench.json under its name; what they were computed from lies in build/bench/NAME/."""

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.bench import chaos, fidelity, fleet, heap_life, loop, make_node, mp3, mutations

BUILD = Path(__file__).resolve().parent.parent.parent / "build"
BENCHES: dict[str, Callable[[Path], dict[str, Any]]] = {
    "chaos": chaos.measure,
    "fleet": fleet.measure,
    "fidelity": fidelity.measure,
    "heap": heap_life.measure,
    "loop": loop.measure,
    "make_node": make_node.measure,
    "mp3": mp3.measure,
    "mutations": mutations.measure,
}


def main(arguments: list[str]) -> int:
    """0 if the bench ran."""
    if len(arguments) != 1 or arguments[0] not in BENCHES:
        print(f"usage: make bench NAME={'|'.join(BENCHES)}", file=sys.stderr)
        return 2
    (name,) = arguments
    evidence = BUILD / "bench" / name
    shutil.rmtree(evidence, ignore_errors=True)
    evidence.mkdir(parents=True)
    figures = BENCHES[name](evidence)
    store = BUILD / "bench.json"
    known = json.loads(store.read_text()) if store.exists() else {}
    store.write_text(json.dumps(known | {name: figures}, indent=1) + "\n")
    print(json.dumps(figures, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
