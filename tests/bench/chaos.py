"""Kills broker, station and nodes of a commune at random moments of a busy minute, and finds out whether anything was lost.

`python -m tests.bench chaos` lives through the seeds below; `python -m tests.bench.chaos SEED...` through others, each in build/bench/chaos/SEED with
everything that was kept, heard and printed. What a power cut may cost: up to 2 s of what was on the air, and what lay in the ring, are heard
twice. Nothing else.
"""

import json
import shutil
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.bench.chaos_judge import judge
from tests.bench.chaos_life import LIVE, Life, script, take_in

from loa.testing import Commune, default_site

SEEDS = (1, 2, 3, 4, 5)
_FOLDER = Path(__file__).resolve().parent.parent.parent / "build" / "bench" / "chaos"


def measure(folder: Path) -> dict[str, Any]:
    """Every seed's figures, and the worst of them all."""
    lives = [life(seed, folder / str(seed)) for seed in SEEDS]
    return {
        "ok": not any(one["broken"] for one in lives),
        "lives": len(lives),
        "kills": sum(one["kills"] for one in lives),
        "wanted": sum(one["wanted"] for one in lives),
        "broken": [f"seed {one['seed']}: {line}" for one in lives for line in one["broken"]],
        "twice_ms": max(one["twice_ms"] for one in lives),
        "events": sum(one["events"] for one in lives),
        "by_seed": [{name: value for name, value in one.items() if name != "lines"} for one in lives],
    }


def life(seed: int, folder: Path) -> dict[str, Any]:
    """One life in a folder that is emptied first; its figures are left there too."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    started = time.monotonic()

    def say(text: str) -> None:
        print(f"seed {seed}  {time.monotonic() - started:5.1f} s  {text}", file=sys.stderr, flush=True)

    with Commune(default_site(), folder / "commune") as commune:
        written = script(seed, list(commune.nodes))
        take_in(commune, folder)
        commune.wait_online()
        told = Life(commune, written, folder, say).live()
        for node in commune.nodes.values():
            node.power_off()
        (folder / "told.json").write_text(json.dumps({"script": asdict(written), **asdict(told)}, indent=1))
        figures, broken = judge(commune, written, told, folder / f"{LIVE[0]}.wav")
    (folder / "figures.json").write_text(json.dumps(figures, indent=1))
    for line in broken or ["nothing was lost"]:
        say(line)
    return figures


if __name__ == "__main__":
    found = [life(int(seed), _FOLDER / seed) for seed in sys.argv[1:]]
    sys.exit(any(one["broken"] for one in found))
