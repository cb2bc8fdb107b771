"""docs/conformance.md is true: its facts are numbered without gaps, its files and tests exist, and what is not emulated says why."""

import ast
import re
from itertools import groupby
from pathlib import Path

import pytest
from tests.bench.fidelity import ROOT, facts

FACTS = list(facts())
SIM = ROOT / "host_tools" / "loa" / "sim"


def test_facts_are_numbered_without_gaps():
    assert len(FACTS) >= 60
    for section, rows in groupby(FACTS, key=lambda fact: fact.number[0]):
        assert [fact.number for fact in rows] == [
            f"{section}{number}" for number in range(1, 1 + sum(f.number[0] == section for f in FACTS))
        ]
    assert len({fact.number for fact in FACTS}) == len(FACTS)


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.number)
def test_a_fact_is_shown_by_tests_or_says_why_it_is_not(fact):
    if fact.why_not:
        assert len(fact.why_not) > 20 and not fact.tests
        return
    assert fact.tests
    for test in fact.tests:
        path, _, name = test.partition("::")
        assert name in functions(ROOT / path), test
    for file in re.findall(r"\w+/\w+\.py", fact.where):
        assert (SIM / file).exists(), file


def functions(path: Path) -> set[str]:
    """Names of the functions that a module defines."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
