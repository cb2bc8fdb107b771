"""Keeps the catalogues of `loa`: collects every message from the code and the commands' help, and says which lack a translation. `--check` writes nothing.

A message is the first argument of `_` and a constant; its `{fields}` are the keyword arguments of the call. The `.mo` file is made from the `.po` file.
"""

import ast
import io
import string
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import typer
from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "host_tools"), str(ROOT / "firmware")]

from loa import language
from loa.cli.app import app
from loa.cli.speaking import help_texts

SOURCES = ROOT / "host_tools" / "loa"
SPOKEN_BY_TYPER = Path(typer.__file__).parent
TYPER_FILES = ("core.py", "rich_utils.py")
WIDTH = 140
NO_DATE = datetime(2000, 1, 1, tzinfo=UTC)  # the same content is the same bytes
HEADER = """# What loa says to people. Made by tools/translations.py: write translations here, then run it.
msgid ""
msgstr ""
"Language: {language}\\n"
"Content-Type: text/plain; charset=utf-8\\n"

"""


class Said:
    """One message where it is said; `fields` is None where nobody fills them in."""

    def __init__(self, message: str, place: str, fields: set[str] | None) -> None:
        self.message = message
        self.place = place
        self.fields = fields


def said_in(path: Path, place: str) -> Iterator[Said]:
    """What a Python file says through `_`. Raises TypeError for a message that is no constant."""
    for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "_" and call.args):
            continue
        if isinstance(call.args[0], ast.Name):
            continue  # help, which is collected from the commands
        if not (isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str)):
            raise TypeError(f"{place}:{call.lineno}: a message must be a constant, its fields named")
        yield Said(call.args[0].value, place, {str(one.arg) for one in call.keywords} if place.startswith("loa/") else None)


def said() -> list[Said]:
    """Everything that `loa` says, in the order of the files."""
    found = [one for path in sorted(SOURCES.rglob("*.py")) for one in said_in(path, path.relative_to(SOURCES.parent).as_posix())]
    found += [Said(text, "loa/help", None) for _, _, text in help_texts(typer.main.get_command(app))]
    found += [one for name in TYPER_FILES for one in said_in(SPOKEN_BY_TYPER / name, f"typer/{name}")]
    return found


def fields_of(text: str) -> set[str]:
    """Names of the fields in a message."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def files(name: str) -> tuple[Path, Path]:
    """Catalogue and its compiled form."""
    folder = language.FOLDER / name / "LC_MESSAGES"
    return folder / f"{language.DOMAIN}.po", folder / f"{language.DOMAIN}.mo"


def read(name: str) -> Catalog:
    """The catalogue of a language as it lies there."""
    path = files(name)[0]
    if not path.exists():
        return Catalog(locale=name, domain=language.DOMAIN, fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=name, domain=language.DOMAIN)


def merged(name: str, messages: list[Said]) -> Catalog:
    """The catalogue with all messages that are said and no other; what is new has no translation yet."""
    held = read(name)
    catalogue = Catalog(locale=name, domain=language.DOMAIN, project="loa", creation_date=NO_DATE, revision_date=NO_DATE, fuzzy=False)
    for one in messages:
        old = held.get(one.message)
        catalogue.add(one.message, old.string if old else "", locations=[(one.place, None)])
    return catalogue


def text_of(catalogue: Catalog) -> bytes:
    """A `.po` file, without dates."""
    out = io.BytesIO()
    write_po(out, catalogue, width=WIDTH, sort_output=True, omit_header=True, no_location=True)
    header = HEADER.format(language=catalogue.locale_identifier)
    return header.encode() + out.getvalue()


def compiled(catalogue: Catalog) -> bytes:
    """Its `.mo` file."""
    out = io.BytesIO()
    catalogue.mime_headers = [("Language", str(catalogue.locale_identifier)), ("Content-Type", "text/plain; charset=utf-8")]
    write_mo(out, catalogue)
    return out.getvalue()


def mistakes(name: str, messages: list[Said]) -> list[str]:
    """What is wrong with a language: not translated, other fields than the message has, not compiled."""
    catalogue, wrong = merged(name, messages), []
    for one in messages:
        if one.fields is not None and fields_of(one.message) != one.fields and (one.fields or "{" in one.message):
            wrong.append(f"{one.place}: {one.message!r}: fields {sorted(fields_of(one.message))}, given {sorted(one.fields)}")
    for message in catalogue:
        if not message.id:
            continue
        if not message.string:
            wrong.append(f"{name}: not translated: {message.id!r}")
        elif fields_of(str(message.id)) != fields_of(str(message.string)):
            wrong.append(f"{name}: other fields than the message: {message.string!r}")
    po, mo = files(name)
    if not po.exists() or po.read_bytes() != text_of(catalogue) or mo.read_bytes() != compiled(catalogue):
        wrong.append(f"{name}: not up to date; run python tools/translations.py")
    return wrong


def main(check: bool) -> int:
    """0 if every message is there in every language."""
    messages, wrong = said(), []
    for name in language.LANGUAGES[1:]:
        if not check:
            catalogue = merged(name, messages)
            for path, content in zip(files(name), (text_of(catalogue), compiled(catalogue)), strict=True):
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
        wrong += mistakes(name, messages)
    print("\n".join(wrong) or f"translations: {len({one.message for one in messages})} messages in {len(language.LANGUAGES)} languages")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
