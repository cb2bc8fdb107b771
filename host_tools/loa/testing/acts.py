"""What a test did to a commune and when, for the timeline that is kept when it fails."""

import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Act:
    """`at` is Unix seconds; `who` is a node's id, "broker", "station" or "storm"."""

    at: float
    who: str
    what: str


class Acts:
    """All of them, in order."""

    def __init__(self) -> None:
        self.all: list[Act] = []

    def note(self, who: str, what: str) -> None:
        """Something is done now."""
        self.note_at(time.time(), who, what)

    def note_at(self, at: float, who: str, what: str) -> None:
        """Something was done then."""
        self.all.append(Act(at, who, what))
