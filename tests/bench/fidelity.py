"""Counts which facts of the board the simulator shows, from docs/conformance.md, and runs the tests that the page names."""

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs" / "conformance.md"
_ROW = re.compile(r"^\| ([A-Z]\d+) \| (.+) \| (.+) \| (.*) \|$", re.MULTILINE)
_NOT = "not emulated: "
_TEST = re.compile(r"`([^`]+)`")


@dataclass(frozen=True)
class Fact:
    """One row; `why_not` is empty for a fact that is emulated."""

    number: str
    says: str
    where: str
    tests: tuple[str, ...]

    @property
    def why_not(self) -> str:
        """Why it is not emulated."""
        return self.where.removeprefix(_NOT) if self.where.startswith(_NOT) else ""


def facts() -> Iterator[Fact]:
    """All rows of the page."""
    for number, says, where, tests in _ROW.findall(PAGE.read_text(encoding="utf-8")):
        yield Fact(number, says, where, tuple(_TEST.findall(tests)))


def measure(evidence: Path) -> dict[str, Any]:
    """`facts`, `emulated` and tested, `passed`: how many of the named tests passed; `not_emulated`: why, by fact."""
    known = list(facts())
    shown = [fact for fact in known if not fact.why_not]
    tests = sorted({test for fact in shown for test in fact.tests})
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junit-xml={evidence / 'tests.xml'}", *tests],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    (evidence / "tests.txt").write_text(run.stdout + run.stderr, encoding="utf-8")
    failed = set(re.findall(r"^(?:FAILED|ERROR) (\S+?)(?:\[[^\]]*\])?(?: - .*)?$", run.stdout, re.MULTILINE))
    return {
        "facts": len(known),
        "emulated": len(shown),
        "emulated_and_passing": sum(not failed.intersection(fact.tests) for fact in shown) if run.returncode in (0, 1) else 0,
        "tests": len(tests),
        "failed": sorted(failed),
        "not_emulated": {f"{fact.number} {fact.says}": fact.why_not for fact in known if fact.why_not},
    }
