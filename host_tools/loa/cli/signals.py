"""Commands that run until somebody ends them: Ctrl-C, a termination signal, or a time all mean the same, and are no failure."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_REFRESH_S = 0.25
_ENDING = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]  # Windows has no SIGHUP


@contextmanager
def terminable() -> Iterator[None]:
    """In the block SIGTERM and a closed terminal act as Ctrl-C does, so that everything is ended in good order; the block then ends quietly."""
    before = {}
    if threading.current_thread() is threading.main_thread():
        before = {number: signal.signal(number, signal.default_int_handler) for number in _ENDING}
    try:
        yield
    except KeyboardInterrupt:
        return
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def until_ended(seconds: float | None, step: Callable[[], None]) -> None:
    """Call `step()` four times a second until the time is over or somebody ends it, at least once. What `step` raises ends it too."""
    deadline = None if seconds is None else time.monotonic() + seconds
    with terminable():
        while True:
            step()
            if deadline is not None and time.monotonic() >= deadline:
                return
            time.sleep(_REFRESH_S)
