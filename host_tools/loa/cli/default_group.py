"""A group of commands that does one of them when none is named: `loa sim` runs the commune, `loa sim board` boards."""

from collections.abc import Sequence
from typing import Any

from typer.core import TyperGroup

_HELP = ("--help",)


def default_group(default: str) -> type[TyperGroup]:
    """A group whose `default` is done unless the first word is another of its commands."""

    class DefaultGroup(TyperGroup):
        """See `default_group`."""

        def parse_args(self, ctx: Any, args: Sequence[str]) -> list[str]:
            """Name the default where no command is named."""
            named = bool(args) and (args[0] in self.commands or args[0] in _HELP)
            return super().parse_args(ctx, list(args) if named else [default, *args])

    return DefaultGroup
