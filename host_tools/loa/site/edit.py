"""Changes `site.toml` in its text, so that its writer's order and comments stay: a new one is begun, a node gives its place to another."""

import os
import re
from collections.abc import Sequence
from pathlib import Path

from loa.errors import EXIT_INVALID, LoaError
from loa.language import _

_BEGUN = """# {name}. What each setting means: docs/operator.md

name = "{name}"
languages = ["vi"]
keys = "keys"                      # folder of the keys; never commit it

{areas}
[stations.{station}]
area = "{area}"
host = "{host}"
http_port = 8080
https_port = 8443
time_port = 1123

[broker]
kind = "{engine}"
host = "{host}"
port = 8883

[nodes]
"""
_BOARD = re.compile(r"""^(\s*board\s*=\s*)("[^"]*"|'[^']*')""")
_AREA = '[areas."{path}"]\nname = "{name}"\n'


def begun(name: str, area: str, host: str, engine: str) -> str:
    """The text of a new site: one station for an area, whose chain of areas is named after itself until somebody writes better names."""
    segments = area.split("/")
    chain = ["/".join(segments[: length + 1]) for length in range(len(segments))]
    names = [segment.replace("-", " ").title() for segment in segments[:-1]] + [name]
    areas = "\n".join(_AREA.format(path=path, name=spoken) for path, spoken in zip(chain, names, strict=True))
    return _BEGUN.format(name=name, areas=areas, station=segments[-1], area=area, host=host, engine=engine)


def with_place_given(text: str, dead: str, spare: str, board: str) -> str:
    """The text without the spare's own entry, and with its board in the dead node's. Raises `LoaError` where nodes are not written as tables of their own."""
    lines = text.splitlines(keepends=True)
    first, end = _table(lines, dead)
    for number in range(first, end):
        lines[number] = _BOARD.sub(lambda found: f'{found[1]}"{board}"', lines[number])
    first, end = _table(lines, spare)
    del lines[first:end]
    return "".join(lines)


def replace_text(path: Path, text: str) -> None:
    """Make a text the content of a file in one step."""
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(text, encoding="utf-8")
    os.replace(fresh, path)


def _table(lines: Sequence[str], node: str) -> tuple[int, int]:
    """First line of a node's table, and the line behind its last one."""
    header = re.compile(rf'^\s*\[\s*nodes\s*\.\s*["\']?{re.escape(node)}["\']?\s*\]')
    for start, line in enumerate(lines):
        if header.match(line):
            return start, next((number for number in range(start + 1, len(lines)) if lines[number].lstrip().startswith("[")), len(lines))
    raise LoaError(
        _("[nodes.{node}] is not found in the site's description", node=node),
        _("write each node as a table of its own, or change the description by hand"),
        EXIT_INVALID,
    )
