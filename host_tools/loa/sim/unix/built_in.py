"""Reaches MicroPython's built-in module from inside the module here that has its name and hides it."""

import sys


def load(name):
    """The built-in module `name`. `sys.path` and `sys.modules` are afterwards as before."""
    folders = sys.path[:]
    emulated = sys.modules.pop(name, None)
    sys.path.clear()
    try:
        return __import__(name)
    finally:
        sys.path.extend(folders)
        if emulated is not None:
            sys.modules[name] = emulated
