"""The generated modules of the MP3 decoder are what tools/mp3 makes, and its code tables are complete."""

import itertools
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

TOOLS = Path(__file__).parent.parent.parent / "tools" / "mp3"


def words() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in (TOOLS / "huffman.txt").read_text().splitlines():
        if line.startswith("table "):
            found[line.split()[1]] = current = []
        elif line and not line.startswith("#"):
            current += line.split()
    return found


def test_generated_modules_are_current() -> None:
    run = subprocess.run([sys.executable, str(TOOLS / "make.py"), "--check"], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_huffman_codes_are_complete_prefix_codes() -> None:
    sizes = {"1": 4, "2": 9, "3": 9, "5": 16, "6": 16, "7": 36, "8": 36, "9": 36, "10": 64, "11": 64, "12": 64}
    sizes |= {"13": 256, "15": 256, "16": 256, "24": 256, "A": 16, "B": 16}
    tables = words()
    assert {name: len(table) for name, table in tables.items()} == sizes
    for name, table in tables.items():
        ordered = sorted(table)
        assert sum(Fraction(1, 1 << len(word)) for word in table) == 1, name
        assert not any(after.startswith(word) for word, after in itertools.pairwise(ordered)), name
