"""Says whether a station's service runs on a folder: a lock that its process holds, and that vanishes with it however it ends."""

import time
from pathlib import Path
from typing import IO

from loa.errors import LoaError
from loa.file_lock import locked
from loa.language import _

_LOCK_FILE = "service.lock"
_PATIENCE_S = 0.5  # who merely asks holds the lock for an instant too


class Presence:
    """The place of the one service of a folder. `with Presence(folder):` takes it for as long as the block lasts."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / _LOCK_FILE
        self._file: IO[bytes] | None = None

    def __enter__(self) -> "Presence":
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file, deadline = self._path.open("wb"), time.monotonic() + _PATIENCE_S
        while not locked(file, alone=True):
            if time.monotonic() > deadline:
                file.close()
                raise LoaError(
                    _("a station service runs already on {parent}", parent=self._path.parent),
                    _("stop it, or choose another folder with --folder"),
                )
            time.sleep(0.01)
        self._file = file
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def is_served(folder: Path) -> bool:
    """True while a service, of this or another process, holds the folder."""
    try:
        with (folder / _LOCK_FILE).open("rb") as file:
            return not locked(file, alone=False)
    except FileNotFoundError:
        return False
