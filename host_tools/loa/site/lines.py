"""Finds the line on which a value of a TOML file stands, because `tomllib` keeps none.

It follows table headers and keys of a file that `tomllib` has already accepted. A value inside an inline table or array has the line of
the key that leads to it; a file with unusual layout costs precision, never an error.
"""

import re
import tomllib
from typing import Any

_HEADER = re.compile(r"^\s*(\[\[?)(.+?)(\]\]?)\s*(#.*)?$")
_KEY = re.compile(r"""^\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*=""")
_STRING = re.compile(r'"""|\'\'\'|"(?:\\.|[^"\\])*"|\'[^\']*\'|#.*$')

Place = tuple[str | int, ...]


class Lines:
    """Line numbers of one TOML text; `of(place)` takes a path of keys and list indices."""

    def __init__(self, text: str) -> None:
        self._lines: dict[Place, int] = {}
        self._scan(text)

    def of(self, place: Place) -> int:
        """Line of the value, or of the nearest table around it that has one; 1 for the document."""
        while place:
            if place in self._lines:
                return self._lines[place]
            place = place[:-1]
        return 1

    def _scan(self, text: str) -> None:
        table: Place = ()
        counts: dict[Place, int] = {}
        depth, quote = 0, ""
        for number, line in enumerate(text.splitlines(), 1):
            if depth == 0 and not quote:
                header, key = _HEADER.match(line), _KEY.match(line)
                if header and not key:
                    table = self._resolve(_split(header[2]), counts)
                    if header[1] == "[[":
                        counts[table] = counts.get(table, -1) + 1
                        table += (counts[table],)
                    self._lines.setdefault(table, number)
                    continue
                if key:
                    self._mark(table, _split(key[1]), number)
                rest = line[key.end() :] if key else line
            else:
                rest = line
            depth, quote = _balance(rest, depth, quote)

    def _mark(self, table: Place, keys: list[str], number: int) -> None:
        for length in range(1, len(keys) + 1):
            self._lines.setdefault((*table, *keys[:length]), number)

    @staticmethod
    def _resolve(keys: list[str], counts: dict[Place, int]) -> Place:
        """Path of a header; below an array of tables it means that array's newest table."""
        place: Place = ()
        for index, key in enumerate(keys):
            place += (key,)
            if place in counts and index < len(keys) - 1:
                place += (counts[place],)
        return place


def _split(keys: str) -> list[str]:
    """`a."b.c"` gives `["a", "b.c"]`; what only looked like keys, as a part of `["a]#"]` may, is one."""
    found: list[str] = []
    try:
        inner: Any = tomllib.loads(keys + " = 0")
    except tomllib.TOMLDecodeError:
        return [keys]
    while isinstance(inner, dict):
        (key,) = inner
        found.append(key)
        inner = inner[key]
    return found


def _balance(line: str, depth: int, quote: str) -> tuple[int, str]:
    """Bracket depth and open multi-line quote after a line."""
    while line:
        if quote:
            end = line.find(quote)
            if end < 0:
                return depth, quote
            line, quote = line[end + 3 :], ""
        string = _STRING.search(line)
        plain = line[: string.start()] if string else line
        depth += sum(plain.count(mark) for mark in "[{") - sum(plain.count(mark) for mark in "]}")
        if not string:
            break
        line = line[string.end() :]
        if string[0] in ('"""', "'''"):
            quote = string[0]
    return max(depth, 0), quote
