"""The table of docs/mutations.md, made from the data. `python -m tests.mutations.page` writes it anew."""

from pathlib import Path

from tests.mutations.mutation import ROOT, Mutation, mutations

PAGE = ROOT / "docs" / "mutations.md"
_BEGIN, _END = "<!-- table -->\n", "<!-- end of table -->\n"


def table(all_of_them: list[Mutation]) -> str:
    """One line for each."""
    lines = ["| mistake | fact that is ignored | in | noticed by |", "|---|---|---|---|"]
    for one in all_of_them:
        files = ", ".join(f"`{name}`" for name in dict.fromkeys(edit.file for edit in one.edits))
        tests = ", ".join(f"`{Path(file).stem}::{test}`" for file, _, test in (name.partition("::") for name in one.caught_by))
        lines.append(f"| {one.name} | {one.fact} | {files} | {tests} |")
    return "\n".join(lines) + "\n"


def written(page: str) -> str:
    """The page with the table as it should be."""
    head, _, rest = page.partition(_BEGIN)
    _, _, tail = rest.partition(_END)
    return head + _BEGIN + table(mutations()) + _END + tail


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
