"""docs/mqtt.md and the tests of the session name the same failures."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PARTS = ("connecting", "connected", "sending", "leaving")


def test_every_line_is_a_test_and_every_test_a_line():
    named = re.findall(r"\| `([a-z0-9_]+)` \|$", (ROOT / "docs" / "mqtt.md").read_text(), re.MULTILINE)
    files = [ROOT / "tests" / "node" / f"test_bus_session_{part}.py" for part in PARTS]
    nodes = [node for file in files for node in ast.parse(file.read_text()).body]
    tests = [node.name.removeprefix("test_") for node in nodes if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
    assert named == tests
