"""Says in the user's language what was wrong with a command line. The parser itself says it in English only, so its sentences are recognised here."""

import re
from collections.abc import Callable
from typing import Any

import typer

from loa.language import _

USAGE_ERROR: Any = typer.BadParameter.__mro__[1]  # the parser's error, which typer gives no name of its own

_SAYINGS: tuple[tuple[str, Callable[[str], str]], ...] = (
    (r"Missing argument (.+)\.", lambda name: _("Missing argument {name}.", name=name)),
    (r"Missing option (.+)\.", lambda name: _("Missing option {name}.", name=name)),
    (r"No such option: (.+)", lambda name: _("No such option: {name}", name=name)),
    (r"Got unexpected extra argument\(s\) \((.*)\)", lambda words: _("Too many arguments: {words}", words=words)),
    (r"Option (.+) requires an argument\.?", lambda name: _("Option {name} needs a value.", name=name)),
    (r"Invalid value for (.+)", lambda what: _("Invalid value for {what}", what=what)),
)


def told(error: Any) -> Any:
    """The same error, said in the language of this process; one of another kind as it is."""
    said = error.format_message()
    for pattern, translated in _SAYINGS:
        found = re.fullmatch(pattern, said, re.DOTALL)
        if found:
            return USAGE_ERROR(translated(found[1]), ctx=error.ctx)
    return error
