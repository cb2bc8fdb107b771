"""Fills in the SHA-256 and the length of a board's runtime image, from the bytes: fetched, looked at, hashed, written back into `board.toml`.

Only these two lines of the file change. What is not hashed stays empty, so that nobody takes a number on trust.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from loa.boards.load import DESCRIPTION, check_folder
from loa.errors import EXIT_INVALID, LoaError
from loa.flash.cache import digest, fetch
from loa.flash.runtime import read_image
from loa.language import _
from loa.progress import Progress

_LINES = {"sha256": re.compile(r'^(sha256\s*=\s*)"[^"]*"', re.M), "bytes": re.compile(r"^(bytes\s*=\s*)\d+", re.M)}


@dataclass(frozen=True)
class Locked:
    """What stands in the file now, and whether it changed."""

    image: str
    sha256: str
    bytes: int
    changed: bool


def lock(folder: Path, cache: Path, progress: Progress, image: Path | None = None) -> Locked:
    """Hash the runtime image of the board in `folder`; `image`: a file that is at hand already.

    Raises `LoaError` if the image does not come, is none for this board, or is another than was locked before: then nothing is changed.
    """
    board = check_folder(folder)
    runtime = board.runtime
    path = image or fetch(runtime.url, runtime.image, "", cache, progress)
    read_image(path, board)
    sha256, size = digest(path), path.stat().st_size
    if runtime.locked and (runtime.sha256, runtime.bytes) != (sha256, size):
        raise LoaError(
            _(
                "{image} is no longer what was locked: its SHA-256 is {found}, and {locked} stands in {file}",
                image=runtime.image,
                found=sha256,
                locked=runtime.sha256,
                file=folder / DESCRIPTION,
            ),
            _("nothing was changed; a published image does not change: find out why before you empty sha256 and bytes and lock it again"),
            EXIT_INVALID,
        )
    if not runtime.locked:
        _write(folder / DESCRIPTION, sha256, size)
    return Locked(runtime.image, sha256, size, not runtime.locked)


def _write(file: Path, sha256: str, size: int) -> None:
    text = file.read_text(encoding="utf-8")
    for setting, value in (("sha256", f'"{sha256}"'), ("bytes", str(size))):
        text, found = _LINES[setting].subn(lambda line, value=value: line[1] + value, text)  # type: ignore[misc]
        if found != 1:
            raise LoaError(
                _("{file}: there is no line for {setting} under [runtime]", file=file, setting=setting),
                _('write `sha256 = ""` and `bytes = 0` there and run it again'),
                EXIT_INVALID,
            )
    new = file.with_suffix(".new")
    new.write_text(text, encoding="utf-8")
    os.replace(new, file)
