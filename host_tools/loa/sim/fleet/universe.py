"""Loads the firmware once for all nodes of a process, with an `import`, `open` and `print` of its own.

The modules are the ones in `firmware/`, unchanged. Of the host's `sys.modules` they see nothing and leave nothing there, so the host may load the same
modules beside them, with its own `time` and `asyncio`.
"""

import builtins
import importlib
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from loa.firmware import FIRMWARE

_HOST = ("array", "binascii", "collections", "errno", "hashlib", "json", "math", "struct", "io", "re", "random")


class Universe:
    """`twins`: module by name, in place of the host's; `names`: further built-in names. ImportError for what a board does not have."""

    def __init__(self, twins: Mapping[str, Any], names: Mapping[str, Any], folder: Path = FIRMWARE) -> None:
        self.twins = dict(twins)
        self.names = dict(names)
        self._folder = folder
        self._modules: dict[str, ModuleType] = {}
        self._builtins = {**vars(builtins), **names, "__import__": self._import}

    def load(self, name: str) -> ModuleType:
        """The module `name`, such as `node.app`, loaded if it was not yet."""
        if name in self._modules:
            return self._modules[name]
        package, _, child = name.rpartition(".")
        above = self.load(package) if package else None
        path = self._path(name)
        if path is None:
            raise ImportError(f"no module named {name}")
        module = ModuleType(name)
        module.__dict__.update(__file__=str(path), __builtins__=self._builtins)
        if path.name == "__init__.py":
            module.__dict__["__path__"] = [str(path.parent)]
        self._modules[name] = module
        try:
            exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), module.__dict__)
        except BaseException:
            del self._modules[name]
            raise
        if above is not None:
            setattr(above, child, module)
        return module

    def set(self, name: str, value: object) -> None:
        """Give a constant of a module, such as `node.audio.sink._BLOCK_MS_MIN`, another value. KeyError if it has none."""
        place, _, constant = name.rpartition(".")
        module = self.load(place).__dict__
        if constant not in module:
            raise KeyError(name)
        module[constant] = value

    def twin(self, name: str) -> Any:
        """The module that stands in for `name`."""
        return self.twins[name]

    def _import(self, name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> Any:
        module = self._modules.get(name)
        root = name.partition(".")[0]
        if module is None:
            if self._path(root) is None:
                return self._foreign(name)
            module = self.load(name)
        for wanted in fromlist or ():
            if wanted != "*" and not hasattr(module, wanted):
                self.load(f"{name}.{wanted}")
        return module if fromlist else self.load(root)

    def _foreign(self, name: str) -> Any:
        if name in self.twins:
            return self.twins[name]
        if name in _HOST:
            return importlib.import_module(name)
        raise ImportError(f"no module named {name} on the board")

    def _path(self, name: str) -> Path | None:
        place = self._folder.joinpath(*name.split("."))
        for path in (place / "__init__.py", place.with_suffix(".py")):
            if path.is_file():
                return path
        return None
