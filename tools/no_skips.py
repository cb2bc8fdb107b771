"""Reads pytest's JUnit report and fails if a test was skipped or expected to fail, if there was none, or none whose name holds a word that was asked for.

In CI every test must have run, also those that are collected only where a program is installed: `no_skips.py REPORT WORD...`.
"""

import sys
from pathlib import Path
from xml.etree import ElementTree


def read(report: Path) -> tuple[list[str], list[str]]:
    """Names of all tests, and which of them did not run, with the reason."""
    cases = list(ElementTree.parse(report).iter("testcase"))
    without = [(case, case.find("skipped")) for case in cases]
    names = [f"{case.get('classname')}::{case.get('name')}" for case in cases]
    return names, [f"{case.get('classname')}::{case.get('name')}: {skip.get('message')}" for case, skip in without if skip is not None]


def main(report: str, *words: str) -> int:
    """0 if every test ran and each word is in the name of one."""
    names, without = read(Path(report))
    without += [f"no test with {word}" for word in words if not any(word in name for name in names)]
    print("\n".join(without) or f"skips: none among {len(names)} tests")
    return 1 if without or not names else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
