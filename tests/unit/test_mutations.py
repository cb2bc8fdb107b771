"""Seeded mistakes still fit the firmware, the page lists them as they are, and the tests do notice some: the rest is `make bench NAME=mutations`."""

import ast
import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from tests.mutations import page
from tests.mutations.mutation import ROOT, DoesNotFit, Edit, Mutation, mutations
from tests.mutations.tree import Outcome, Tree

ALL = mutations()
TRIED = ("odd-i2s-write", "typ-unchecked", "urgent-below-normal")


@pytest.mark.parametrize("mutation", ALL, ids=lambda mutation: mutation.name)
def test_each_fits_and_is_still_a_program(mutation: Mutation, tmp_path: Path) -> None:
    for edit in mutation.edits:
        path = tmp_path / edit.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((ROOT / "firmware" / edit.file).read_bytes())
    for path, before in mutation.apply(tmp_path).items():
        assert ast.dump(ast.parse(path.read_text())) != ast.dump(ast.parse(before))


def test_names_are_unique_and_so_are_facts() -> None:
    assert len({mutation.name for mutation in ALL}) == len({mutation.fact for mutation in ALL}) == len(ALL) >= 10


def test_the_tests_that_must_notice_them_exist() -> None:
    for mutation in ALL:
        for test in mutation.caught_by:
            file, _, name = test.partition("::")
            assert re.search(rf"^(async )?def {name}\(", (ROOT / file).read_text(), re.MULTILINE), test


def test_the_page_lists_them() -> None:
    text = page.PAGE.read_text(encoding="utf-8")
    assert text == page.written(text), "write it anew: python -m tests.mutations.page"


def test_one_that_no_longer_fits_says_where_and_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    fitting, unfit = Edit("a.py", "x = 1", "x = 2"), Edit("a.py", "y = 1", "y = 2")
    with pytest.raises(
        DoesNotFit, match=r"some: its `old` text stands 0 times in firmware/a.py, not once:\ny = 1\nFit it to the code in mutations.toml"
    ):
        Mutation("some", "", (fitting, unfit), ()).apply(tmp_path)
    with pytest.raises(DoesNotFit, match=r"there is no firmware/b.py"):
        Mutation("some", "", (Edit("b.py", "", ""),), ()).apply(tmp_path)
    assert (tmp_path / "a.py").read_text() == "x = 1\n"


def test_a_survivor_is_one_whose_tests_do_not_all_fail() -> None:
    assert Outcome("some", ("tests/a.py::test_b[micropython]",), (), 1.0, "").caught
    assert not Outcome("some", ("tests/a.py::test_b",), ("tests/a.py::test_c",), 1.0, "").caught
    assert not Outcome("some", (), (), 1.0, "no test ran").caught


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    return Tree(tmp_path_factory.mktemp("tree"))


@pytest.mark.parametrize("name", TRIED)
def test_it_is_noticed(tree: Tree, name: str) -> None:
    outcome = tree.try_out(next(mutation for mutation in ALL if mutation.name == name))
    assert outcome.caught, outcome.said


def test_nothing_of_them_is_left(tree: Tree) -> None:
    assert tree.passes([test for mutation in ALL if mutation.name in TRIED for test in mutation.caught_by])
