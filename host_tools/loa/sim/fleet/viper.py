"""The firmware's kernels as plain Python functions, for those without a host twin: `loa.sim.cpython.micropython` under a name that a package has."""

import importlib.util
from collections.abc import Callable
from typing import Any

from loa.firmware import CPYTHON_TWINS


def _load() -> Any:
    place = importlib.util.spec_from_file_location("loa_fleet_micropython", CPYTHON_TWINS / "micropython.py")
    assert place is not None and place.loader is not None
    module = importlib.util.module_from_spec(place)
    place.loader.exec_module(module)
    return module


viper: Callable[[Callable[..., Any]], Callable[..., Any]] = _load().viper
