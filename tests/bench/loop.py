"""The longest stretch of the node's own Python without a yield, task by task, counted in bytecodes over scripted lives of its parts.

A whole node on the CPython runtime is counted by giving `ProbedNode` in place of `SimulatedNode`; `steps_of` reads what it wrote.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.bench.lives import LIVES
from tests.bench.probe import STEPS_FILE
from tests.bench.steps import Longest, StepCounter

from loa.firmware import FIRMWARE

# From docs/board.md: a loop body of five operations is 960 instructions, and the chip makes some 250 million a second. An operation is
# one bytecode or more, so a bytecode costs at most this much.
INSTRUCTIONS_A_BYTECODE = 192
INSTRUCTIONS_A_MS = 250_000
LIMIT_MS = 20


def measure(folder: Path) -> dict[str, Any]:
    """Live each life under the counter."""
    lives = {}
    for name, live in LIVES.items():
        counter = StepCounter(FIRMWARE)
        counter.install()
        try:
            live()
        finally:
            counter.remove()
        lives[name] = counter.longest
        (folder / f"{name}.json").write_text(json.dumps({task: asdict(longest) for task, longest in counter.longest.items()}, indent=1))
    return summary(lives)


def steps_of(node_folder: Path) -> dict[str, Longest]:
    """What a `ProbedNode` on CPython counted."""
    return {task: Longest(**longest) for task, longest in json.loads((node_folder / STEPS_FILE).read_text()).items()}


def summary(lives: dict[str, dict[str, Longest]]) -> dict[str, Any]:
    """The longest step of each task over all lives, longest first, with the milliseconds that it takes at most."""
    tasks: dict[str, dict[str, Any]] = {}
    for life, steps in lives.items():
        for task, longest in steps.items():
            if task not in tasks or longest.bytecodes > tasks[task]["bytecodes"]:
                most = round(longest.bytecodes * INSTRUCTIONS_A_BYTECODE / INSTRUCTIONS_A_MS, 2)
                tasks[task] = {"bytecodes": longest.bytecodes, "ms_at_most": most, "life": life, "where": longest.where}
    ordered = dict(sorted(tasks.items(), key=lambda entry: -entry[1]["bytecodes"]))
    worst = max((task["ms_at_most"] for task in tasks.values()), default=0.0)
    return {
        "tasks": ordered,
        "worst_ms_at_most": worst,
        "limit_ms": LIMIT_MS,
        "arithmetic": f"bytecodes x {INSTRUCTIONS_A_BYTECODE} instructions / {INSTRUCTIONS_A_MS} a ms; viper kernels and C calls apart",
    }
