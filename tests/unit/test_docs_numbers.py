"""Numbers that the documentation takes from the firmware, written as `file` `NAME` = value, are the firmware's."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md"]
_CLAIM = re.compile(r"`([\w/]+\.py)` `(\w+)` = (\d[\d,]*)")


def constants(path):
    """Whole numbers that a module gives names to, also as `const(...)` and as sums of such names, its own or imported ones."""
    known = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("node."):
            source = ROOT / "firmware" / Path(*node.module.split(".")).with_suffix(".py")
            if source.exists():
                imported = constants(source)
                known.update({alias.name: imported[alias.name] for alias in node.names if alias.name in imported})
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            try:
                value = eval(ast.unparse(node.value), {"__builtins__": {}, "const": lambda number: number}, known)
            except (NameError, TypeError, AttributeError, KeyError):
                continue
            if isinstance(value, int):
                known[node.targets[0].id] = value
    return known


def claims():
    """Every claim with its page."""
    for page in PAGES:
        for file, name, value in _CLAIM.findall(page.read_text(encoding="utf-8")):
            yield page.name, file, name, int(value.replace(",", ""))


@pytest.mark.parametrize(("page", "file", "name", "value"), list(claims()))
def test_number(page, file, name, value):
    firmware = ROOT / "firmware"
    path = firmware / file if (firmware / file).exists() else firmware / "node" / file
    assert constants(path)[name] == value


def test_there_are_claims():
    assert len(list(claims())) > 10
