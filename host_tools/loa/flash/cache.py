"""Fetches files over HTTP(S) into a folder: with progress, taken up where it broke off, and only ever there whole and with the right SHA-256.

A proxy is taken from the environment or the system's settings, as Python's urllib does.
"""

import hashlib
import os
import shutil
import urllib.error
import urllib.request
from http import HTTPStatus
from pathlib import Path

from loa.errors import EXIT_NETWORK, LoaError
from loa.language import _
from loa.progress import Progress

_PIECE = 1 << 16
_TIMEOUT_S = 20
_TRIES = 4


class NotFetched(LoaError):
    """The file did not come; what has come of it is kept."""

    def __init__(self, url: str, reason: object) -> None:
        super().__init__(
            _("{url}: {reason}", url=url, reason=reason),
            _("run it again, it goes on where it was; behind a proxy set https_proxy; without a network give the file with --image"),
            EXIT_NETWORK,
        )


def fetch(url: str, name: str, sha256: str, folder: Path, progress: Progress) -> Path:
    """The file, from `folder` if it is there, else fetched. `sha256` in hexadecimal; empty: whatever comes, over TLS, is taken.

    Raises `NotFetched`, and `LoaError` for another SHA-256 or a full disk.
    """
    path, part = folder / name, folder / f"{name}.part"
    if path.is_file() and (not sha256 or digest(path) == sha256):
        return path
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _download(url, part, progress)
        found = digest(part)
        if sha256 and found != sha256:
            part.unlink()
            raise LoaError(
                _("{url}: its SHA-256 is {found}, and {wanted} is wanted", url=url, found=found[:16] + "...", wanted=sha256[:16] + "..."),
                _("nothing of it was kept; try again, and if it stays so, do not use this file"),
            )
        os.replace(part, path)
    except OSError as error:
        free = shutil.disk_usage(folder if folder.is_dir() else folder.anchor).free
        raise LoaError(
            _("{folder}: cannot be written: {reason}; {free} MB are free", folder=folder, reason=error.strerror, free=free >> 20),
            _("make room and run it again, it goes on where it was"),
        ) from error
    return path


def digest(path: Path) -> str:
    """SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _download(url: str, part: Path, progress: Progress) -> None:
    """Fetch what `part` lacks. A connection that breaks is taken up again at once, a few times."""
    for left in reversed(range(_TRIES)):
        before = part.stat().st_size if part.exists() else 0
        try:
            if _go_on(url, part, progress):
                return
            reason: object = _("the connection broke")
        except urllib.error.HTTPError as error:
            if error.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and before:
                return  # all of it was there
            raise NotFetched(url, _("HTTP {code} {reason}", code=error.code, reason=error.reason)) from error
        except urllib.error.URLError as error:
            reason = error.reason
        except (ConnectionError, TimeoutError) as error:
            reason = error
        now = part.stat().st_size if part.exists() else 0
        if left == 0 or now == before:
            raise NotFetched(url, reason)


def _go_on(url: str, part: Path, progress: Progress) -> bool:
    """One connection; False if it ended before the file did."""
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:
        goes_on = answer.status == HTTPStatus.PARTIAL_CONTENT
        done = have if goes_on else 0
        length = answer.headers.get("Content-Length")
        total = done + int(length) if length else 0
        with part.open("ab" if goes_on else "wb") as file:
            while piece := answer.read(_PIECE):
                file.write(piece)
                done += len(piece)
                progress.advance(done, max(total, done))
    return not total or done == total
