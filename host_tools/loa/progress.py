"""What long work says of itself while it goes on. How that is shown, in place, as lines, in a table of many boards or not at all, is the listener's."""

from typing import Protocol


class Progress(Protocol):
    """Somebody who listens. All methods may be called from the thread that works, often."""

    def stage(self, words: str) -> None:
        """Another step of the work begins."""
        ...

    def advance(self, done: int, total: int) -> None:
        """How much of the step is done, in whatever unit."""
        ...

    def note(self, words: str) -> None:
        """Something that is worth keeping, but no error."""
        ...


class Silent:
    """Nobody listens."""

    def stage(self, words: str) -> None:
        """Nothing."""

    def advance(self, done: int, total: int) -> None:
        """Nothing."""

    def note(self, words: str) -> None:
        """Nothing."""
