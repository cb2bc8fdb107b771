"""Turns what is wrong with a hand-written TOML file into lines for its writer: file:line, place, value, what is allowed, a suggestion."""

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError

from loa.errors import InvalidFile, LoaError, suggestion
from loa.language import _
from loa.site.forms import form_of
from loa.site.lines import Lines, Place

_Model = TypeVar("_Model", bound=BaseModel)


class Mistakes:
    """Collects every mistake of one file, so that one run shows them all."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._lines = Lines(text)
        self._found: list[tuple[int, str]] = []

    def add(self, place: Place, problem: str, value: object = None, allowed: Iterable[str] = ()) -> None:
        """Note a mistake. `value` is what stands there and `allowed` what could; both may be left out."""
        words = sorted(allowed)
        parts = [f"{_spoken(place)}: {problem}" if place else problem]
        if value is not None:
            parts.append(_("found {value!r}", value=value))
        if words:
            parts.append(_("allowed: {words}", words=", ".join(words)))
        near = suggestion(value, words) if value is not None else ""
        line = self._lines.of(place)
        self._found.append((line, f"{self._path}:{line}: " + "; ".join([*parts, near] if near else parts)))

    def __len__(self) -> int:
        return len(self._found)

    def line(self, place: Place) -> int:
        """The line on which a value stands."""
        return self._lines.of(place)

    def raise_any(self, hint: str = "") -> None:
        """Raise `InvalidFile` if anything was noted, in the order of the file."""
        if self._found:
            raise InvalidFile([text for _line, text in sorted(self._found)], hint)


def read_toml(path: Path, model: type[_Model]) -> tuple[_Model, Mistakes]:
    """Read a file into a model. Raises `LoaError` if it cannot be read, `InvalidFile` with every mistake of form."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LoaError(_("{path}: cannot be read: {error}", path=path, error=error), _("give the path of a TOML file in UTF-8")) from error
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidFile([f"{path}:{_syntax_line(str(error), text)}: not TOML: {error}"], _("see https://toml.io")) from error
    mistakes = Mistakes(path, text)
    try:
        return model.model_validate(content), mistakes
    except ValidationError as invalid:
        for problem in invalid.errors():
            _note(mistakes, model, problem)
        mistakes.raise_any()
        raise AssertionError("a validation error always notes a mistake") from invalid


def _note(mistakes: Mistakes, model: type[BaseModel], error: Any) -> None:
    place: Place = tuple(part for part in error["loc"] if part != "[key]")
    if error["type"] == "extra_forbidden":
        fields = _fields_at(model, place[:-1])
        near = suggestion(place[-1], fields)
        mistakes.add(
            place, _("no such setting") + (f"; {near}" if near else "") + (_("; allowed: ") + ", ".join(sorted(fields)) if fields else "")
        )
    elif error["type"] == "missing":
        mistakes.add(place, _("is missing"))
    elif error["type"] == "literal_error":
        mistakes.add(
            place,
            _("not one of the allowed values"),
            error["input"],
            error["ctx"]["expected"].replace(" or ", ", ").replace("'", "").split(", "),
        )
    else:
        mistakes.add(place, form_of(error), error["input"])


def _fields_at(model: type[BaseModel], place: Place) -> list[str]:
    """Names of the settings allowed at a place, by walking the models' annotations."""
    kind: Any = model
    for part in place:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            field = kind.model_fields.get(str(part))
            kind = field.annotation if field else None
        elif get_origin(kind) in (dict, list):
            kind = get_args(kind)[-1]
        if get_origin(kind) not in (dict, list, None):
            kind = next((option for option in get_args(kind) if isinstance(option, type) and issubclass(option, BaseModel)), kind)
    return list(kind.model_fields) if isinstance(kind, type) and issubclass(kind, BaseModel) else []


def _spoken(place: Place) -> str:
    text = ""
    for part in place:
        text += (
            f"[{part}]"
            if isinstance(part, int)
            else ("." if text else "") + (part if re.fullmatch("[A-Za-z0-9_-]+", part) else f'"{part}"')
        )
    return text


def _syntax_line(message: str, text: str) -> int:
    """`tomllib` says "(at line 3, column 5)" or "(at end of document)"."""
    _, found, rest = message.partition("(at line ")
    return int(rest.split(",")[0]) if found else len(text.splitlines())
