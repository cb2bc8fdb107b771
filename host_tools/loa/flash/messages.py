"""Brings what esptool says to whoever works in that thread, instead of to the terminal: many boards are flashed at once, each with its own listener.

esptool has one logger for the whole process; importing this module takes its place. For a trace, which this one drops, esptool writes every packet
out in hexadecimal, whether a trace is asked for or not, and twice: with forty boards that is more work than all the rest. Importing this ends it too.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from esp_pylib.logger import EspLog, EspLogBase
from esptool import loader

from loa.progress import Progress

_LOCAL = threading.local()


class _Router(EspLogBase):
    """Progress goes to the thread's listener, warnings become notes, the rest is dropped."""

    def print(self, *_: Any, **__: Any) -> None:
        """Dropped."""

    note = hint = debug = print

    def warn(self, *words: Any, suggestion: str | None = None) -> None:
        listener = getattr(_LOCAL, "listener", None)
        if listener is not None:
            listener.note(" ".join(str(word) for word in words).splitlines()[0])

    def err(self, *words: Any, suggestion: str | None = None) -> None:
        self.warn(*words)

    def set_verbosity(self, mode: int | str) -> None:
        """There is one."""

    def progress_bar(self, cur_iter: int, total_iters: int, prefix: str = "", suffix: str = "", bar_length: int = 30) -> None:
        listener = getattr(_LOCAL, "listener", None)
        if listener is not None:
            listener.advance(cur_iter, total_iters)


class _Unwritten:
    """Some bytes of which a trace would tell."""

    def __init__(self, *_: Any) -> None:
        pass

    def __str__(self) -> str:
        return ""


EspLog.set_logger(_Router())
loader.HexFormatter = _Unwritten


@contextmanager
def heard_by(listener: Progress) -> Iterator[None]:
    """In the block this thread's esptool speaks to `listener`."""
    before = getattr(_LOCAL, "listener", None)
    _LOCAL.listener = listener
    try:
        yield
    finally:
        _LOCAL.listener = before
