"""Waiting with a deadline instead of sleeping."""

import time
from collections.abc import Callable

WITHIN_S = 20.0
_POLL_S = 0.02


def eventually(condition: Callable[[], object], what: str, within_s: float = WITHIN_S) -> None:
    """Wait until something is true. Raises AssertionError with its name if it is not in time."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {within_s:g} s: {what}"
        time.sleep(_POLL_S)
