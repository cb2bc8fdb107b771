"""Network paths and the crystal that simulations use, by name. The figures stand in profiles.toml, where their units are said too."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from loa.errors import EXIT_USAGE, LoaError, suggestion
from loa.language import _

_CRYSTAL = "crystal"


def profile(name: str) -> dict[str, Any]:
    """The figures of a network path. Raises `LoaError` for one that does not exist."""
    if name not in names():
        raise LoaError(
            _('there is no profile "{name}"', name=name),
            suggestion(name, names()) or _("the profiles are: ") + ", ".join(names()),
            EXIT_USAGE,
        )
    return dict(_all()[name])


def crystal() -> dict[str, Any]:
    """The figures of a board's crystal."""
    return dict(_all()[_CRYSTAL])


def names() -> tuple[str, ...]:
    """All network paths."""
    return tuple(name for name in _all() if name != _CRYSTAL)


@cache
def _all() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("profiles.toml").read_text(encoding="utf-8"))
