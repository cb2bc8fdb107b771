"""Looks after the links in every Markdown page under version control: the file is there, and so is the heading behind a `#`.

Links to the web are not followed: a check must give the same answer without a network.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_LINK = re.compile(r"\]\(\s*<?([^)\s>]+)>?[^)]*\)")
_HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*$", re.MULTILINE)
_FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]*`")
_INDENTED = re.compile(r"^ {4}.*$", re.MULTILINE)


def anchors(text: str) -> set[str]:
    """What can stand behind `#`: headings as GitHub names them, in lower case, without punctuation, blanks as hyphens; repeated ones are counted."""
    found: set[str] = set()
    for heading in _HEADING.findall(_FENCE.sub("", text)):
        plain = re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower()).replace(" ", "-")
        name, count = plain, 0
        while name in found:
            count += 1
            name = f"{plain}-{count}"
        found.add(name)
    return found


def complaints(page: Path) -> list[str]:
    """One line for each link of `page` that leads nowhere."""
    text = page.read_text(encoding="utf-8")
    problems = []
    for target in _LINK.findall(_CODE.sub("", _INDENTED.sub("", _FENCE.sub("", text)))):
        if re.match(r"[a-z][a-z0-9+.-]*:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        where = f"{page.relative_to(ROOT)}: {target}"
        if not file.exists():
            problems.append(f"{where}: no such file")
        elif not file.is_relative_to(ROOT):
            problems.append(f"{where}: outside this project")
        elif anchor and (file.suffix != ".md" or anchor not in anchors(file.read_text(encoding="utf-8"))):
            problems.append(f"{where}: no such heading")
    return problems


def main() -> int:
    """0 if every link leads somewhere."""
    listed = subprocess.run(["git", "ls-files", "-z", "*.md"], cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    pages = [ROOT / name for name in listed if name and (ROOT / name).is_file()]
    problems = [problem for page in pages for problem in complaints(page)]
    print("\n".join(problems) or f"links: all lead somewhere on {len(pages)} pages")
    return 1 if problems or not pages else 0


if __name__ == "__main__":
    sys.exit(main())
