"""The firmware's kernels as plain Python functions, for those without a host twin: `loa.sim.cpython.micropython` under a name that a package has.

That module makes viper's types built-in names. Here they are `NAMES`, which a fleet's modules get, and those of the process stay as they were: it may have
loaded the module for itself, and a pointer of the one means nothing to the kernels of the other.
"""

import builtins
import importlib.util
from collections.abc import Callable
from typing import Any

from loa.firmware import CPYTHON_TWINS


def _load() -> Any:
    place = importlib.util.spec_from_file_location("loa_fleet_micropython", CPYTHON_TWINS / "micropython.py")
    assert place is not None and place.loader is not None
    module = importlib.util.module_from_spec(place)
    before = dict(vars(builtins))
    place.loader.exec_module(module)
    for name in _TYPES:
        if name in before:
            setattr(builtins, name, before[name])
        else:
            delattr(builtins, name)
    return module


_TYPES = ("ptr8", "ptr16", "ptr32", "uint")
_MODULE = _load()
viper: Callable[[Callable[..., Any]], Callable[..., Any]] = _MODULE.viper
NAMES = {name: getattr(_MODULE, name) for name in _TYPES}
