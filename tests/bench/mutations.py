"""Makes every seeded mistake in a copy of the firmware, one after the other, and finds out which the tests notice (`tests/mutations`)."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.mutations.mutation import mutations
from tests.mutations.tree import Tree


def measure(folder: Path) -> dict[str, Any]:
    """How many were noticed and which were not; what the tests said of each is left in the folder."""
    everything = mutations()
    with TemporaryDirectory(prefix="loa-mutations-") as copy:
        tree = Tree(Path(copy))
        wanted = sorted({test for mutation in everything for test in mutation.caught_by})
        sound = tree.passes(wanted)
        outcomes = []
        for mutation in everything:
            outcome = tree.try_out(mutation)
            (folder / f"{mutation.name}.txt").write_text(outcome.said, encoding="utf-8")
            print(f"{outcome.seconds:6.1f} s  {'noticed' if outcome.caught else 'SURVIVES'}  {mutation.name}", file=sys.stderr, flush=True)
            outcomes.append(outcome)
    survivors = {outcome.name: list(outcome.silent) for outcome in outcomes if not outcome.caught}
    return {
        "ok": sound and not survivors,
        "mutations": len(outcomes),
        "caught": sum(outcome.caught for outcome in outcomes),
        "survivors": survivors,
        "pass_without_a_mistake": sound,
        "tests": len(wanted),
        "seconds": round(sum(outcome.seconds for outcome in outcomes), 1),
    }
