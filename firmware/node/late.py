"""Modules that are in memory only while something of them is used: what is loaded costs the board memory for as long as it stays."""

import sys

_OURS = "node."


class Loading:
    """`with Loading(): from node.x import Y` loads what is not there yet and lets it go with the last object that needs it.

    A load reads flash and cannot be split, some tens of milliseconds a module: no more of them at a time than the sink has sound for. Native code
    stays in memory for ever and must not be loaded twice, so no module with viper functions is loaded here.
    """

    def __enter__(self):
        self._there = set(sys.modules)

    def __exit__(self, *_):
        for name in set(sys.modules) - self._there:
            if name.startswith(_OURS):
                package, _, child = name.rpartition(".")
                del sys.modules[name]
                if hasattr(sys.modules.get(package), child):
                    delattr(sys.modules[package], child)
