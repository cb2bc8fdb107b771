"""Finds the node's firmware and the board descriptions, and lends the host those firmware modules that both sides must share.

In a checkout they lie beside `host_tools/`, in the installed wheel as `loa/_firmware` and `loa/_boards`. Importing this module puts the
firmware and the CPython twins of MicroPython's modules on `sys.path`; nothing else in `loa` does.
"""

import sys
import tomllib
from pathlib import Path
from typing import Any

from loa.errors import LoaError, suggestion
from loa.language import _

_PACKAGE = Path(__file__).resolve().parent


def _find(installed: str, checkout: str) -> Path:
    for folder in (_PACKAGE / installed, _PACKAGE.parent.parent / checkout):
        if folder.is_dir():
            return folder
    raise LoaError(_("this installation of loa lacks its {checkout} folder", checkout=checkout), _("install it again"))


FIRMWARE = _find("_firmware", "firmware")
BOARDS = _find("_boards", "boards")
CPYTHON_TWINS = _PACKAGE / "sim" / "cpython"

for _folder in (FIRMWARE, CPYTHON_TWINS):
    if str(_folder) not in sys.path:
        sys.path.append(str(_folder))

from node import moved, refusal
from node.audio.mp3 import frames as mp3_frames
from node.audio.sources import chime
from node.bus import documents, limits, report_fields, report_words, reports, schema, schema_text, topics
from node.link import ntp
from node.plan import agenda, calendar, days
from node.portal import lock
from node.store import files, shelf

# Of each type of document the table of its members. A node that runs in this process finds them loaded.
BODIES = {kind: documents.table_of(kind) for kind in documents.TYPES}

__all__ = [
    "BOARDS",
    "BODIES",
    "CPYTHON_TWINS",
    "FIRMWARE",
    "agenda",
    "board",
    "board_names",
    "calendar",
    "chime",
    "days",
    "documents",
    "files",
    "limits",
    "lock",
    "moved",
    "mp3_frames",
    "ntp",
    "refusal",
    "report_fields",
    "report_words",
    "reports",
    "schema",
    "schema_text",
    "shelf",
    "topics",
]


def board_names() -> list[str]:
    """Names of all boards that have a `board.toml`."""
    return sorted(path.parent.name for path in BOARDS.glob("*/board.toml"))


def board(name: str) -> dict[str, Any]:
    """The description of a board. Raises `LoaError` if there is none."""
    try:
        return tomllib.loads((BOARDS / name / "board.toml").read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise LoaError(
            _('there is no board "{name}"', name=name), suggestion(name, board_names()) or _("the boards are: ") + ", ".join(board_names())
        ) from error
