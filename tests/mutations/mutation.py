"""A seeded mistake: a textual change of the firmware that the tests must notice. Knows nothing of how tests are run."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILE = Path(__file__).with_name("mutations.toml")


class DoesNotFit(Exception):
    """The firmware no longer has the text that a mutation changes."""


@dataclass(frozen=True)
class Edit:
    """`old` stands exactly once in `file`, a path below firmware/, and becomes `new`."""

    file: str
    old: str
    new: str

    def applied(self, text: str) -> str:
        """The changed text. Raises DoesNotFit."""
        count = text.count(self.old)
        if count != 1:
            raise DoesNotFit(
                f"its `old` text stands {count} times in firmware/{self.file}, not once:\n{self.old}\nFit it to the code in {FILE.name}."
            )
        return text.replace(self.old, self.new)


@dataclass(frozen=True)
class Mutation:
    """`fact`: what the firmware ignores with these edits; `caught_by`: tests (files, or functions of them) each of which must fail then."""

    name: str
    fact: str
    edits: tuple[Edit, ...]
    caught_by: tuple[str, ...]

    def apply(self, firmware: Path) -> dict[Path, str]:
        """Make the mistake in a copy of the firmware; returns what the files were, by path. Raises DoesNotFit, and then nothing has changed."""
        before: dict[Path, str] = {}
        after: dict[Path, str] = {}
        for edit in self.edits:
            path = firmware / edit.file
            if path not in after:
                if not path.is_file():
                    raise DoesNotFit(f"{self.name}: there is no firmware/{edit.file}. Fit it to the code in {FILE.name}.")
                before[path] = after[path] = path.read_text(encoding="utf-8")
            try:
                after[path] = edit.applied(after[path])
            except DoesNotFit as reason:
                raise DoesNotFit(f"{self.name}: {reason}") from None
        for path, text in after.items():
            path.write_text(text, encoding="utf-8")
        return before


def mutations() -> list[Mutation]:
    """All of them."""
    tables = tomllib.loads(FILE.read_text(encoding="utf-8"))["mutation"]
    return [
        Mutation(
            one["name"], one["fact"], tuple(Edit(edit["file"], edit["old"], edit["new"]) for edit in one["edit"]), tuple(one["caught_by"])
        )
        for one in tables
    ]
