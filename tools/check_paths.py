"""Looks through every file under version control for what holds on one machine only: home folders, work folders, package registries' hosts."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ELSEWHERE = re.compile(
    r"(?<![\w.$}])/(?:work|root|home|Users)/[\w.]"  # an absolute folder of a person or a builder
    r"|\.pyenv"
    r"|\b(?:pypi\.org|pythonhosted\.org|deb\.debian\.org|registry\.npmjs\.org)\b"
)


def complaints(path: Path, text: str) -> list[str]:
    """One line for each place in `text` that names a machine."""
    lines = enumerate(text.splitlines(), 1)
    return [f"{path}:{number}: {found.group()}" for number, line in lines if (found := ELSEWHERE.search(line))]


def main() -> int:
    """0 if no tracked text file names such a place."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    problems: list[str] = []
    for name in filter(None, listed):
        if name == str(Path(__file__).resolve().relative_to(ROOT)) or not (ROOT / name).is_file():
            continue
        data = (ROOT / name).read_bytes()
        if b"\0" not in data:
            problems += complaints(Path(name), data.decode(errors="replace"))
    print("\n".join(problems) or f"paths: {len(listed) - 1} files name no machine")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
