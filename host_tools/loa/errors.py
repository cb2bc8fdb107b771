"""Errors that a person sees: what is wrong, what to do about it, and the exit code of a command that ends with it.

Everything in `loa` raises `LoaError` or a subclass for what a user can mend; any other exception is a fault of this program.
"""

from collections.abc import Iterable
from difflib import get_close_matches

from loa.language import _

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_INVALID = 3
EXIT_KEYS = 4
EXIT_BROKER = 5
EXIT_NETWORK = 6
EXIT_BOARD = 7


class LoaError(Exception):
    """`message` is one sentence on what is wrong; `hint` says what to do, may be empty; `exit_code` is the process's."""

    def __init__(self, message: str, hint: str = "", exit_code: int = EXIT_FAILED) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.exit_code = exit_code

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class InvalidFile(LoaError):
    """A file written by hand has mistakes; `mistakes` holds one line for each, as `file:line: ...`."""

    def __init__(self, mistakes: list[str], hint: str = "") -> None:
        super().__init__("\n".join(mistakes), hint, EXIT_INVALID)
        self.mistakes = mistakes


def suggestion(value: object, allowed: Iterable[str]) -> str:
    """`did you mean "x"?` if one of the allowed words is near to the value, otherwise nothing."""
    near = get_close_matches(str(value), list(allowed), n=1, cutoff=0.6)
    return _('did you mean "{word}"?', word=near[0]) if near else ""
