"""Private files: whole or absent, and readable by their owner alone."""

import os
from pathlib import Path

_OWNER_ONLY = 0o600


def write_private(path: Path, data: bytes) -> None:
    """Replace a file in one step; after a crash it holds the old or the new content. Folders that it lacks are made for the owner alone."""
    for folder in reversed(path.parents):  # `mkdir(parents=True)` would leave those between with other rights
        folder.mkdir(mode=0o700, exist_ok=True)
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
