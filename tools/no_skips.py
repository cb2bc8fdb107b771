"""Reads pytest's JUnit report and fails if any test was skipped, expected to fail, or if there was none: in CI every test must have run."""

import sys
from pathlib import Path
from xml.etree import ElementTree


def skipped(report: Path) -> tuple[int, list[str]]:
    """How many tests there are, and which of them did not run, with the reason."""
    cases = list(ElementTree.parse(report).iter("testcase"))
    without = [(case, case.find("skipped")) for case in cases]
    return len(cases), [f"{case.get('classname')}::{case.get('name')}: {skip.get('message')}" for case, skip in without if skip is not None]


def main(report: str) -> int:
    """0 if every test ran."""
    count, without = skipped(Path(report))
    print("\n".join(without) or f"skips: none among {count} tests")
    return 1 if without or not count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
