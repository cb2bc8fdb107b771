"""Modules that are in memory only while something of them is used: what is loaded costs the board memory for as long as it stays."""

import asyncio
import gc
import sys

_OURS = "node."


class Loading:
    """`with Loading(): from node.x import Y` loads what is not there yet and lets it go with the last object that needs it.

    A load reads flash and cannot be split, some tens of milliseconds a module: no more of them at a time than the sink has sound for. Native code
    stays in memory for ever and must not be loaded twice, so no module with viper functions is loaded here.
    """

    def __enter__(self):
        del _kept[:]  # a small board has no memory for these and for an overlay that rests
        self._there = set(sys.modules)
        self._modules = []

    def __exit__(self, *_):
        for name in set(sys.modules) - self._there:
            if name.startswith(_OURS):
                package, _, child = name.rpartition(".")
                self._modules.append(sys.modules.pop(name))
                if hasattr(sys.modules.get(package), child):
                    delattr(sys.modules[package], child)

    def empty(self):
        """Take everything out of what was loaded, which nobody may need any more. What is large and followed by what is large should not rely on its last
        user: the collector of MicroPython finds one also in what was left on the stack, and keeps all that it leads to."""
        for module in self._modules:
            for name in dir(module):
                if not name.startswith("__"):
                    delattr(module, name)


_REST_MS = 1_000
_kept = []  # the overlay that was called last, and its number


def overlay(number):
    """The functions that the linker took out of the application (`loa.provision.link.overlays`) as overlay `number`, loaded if need be.

    It is kept until another is loaded, or `let_go` finds that it rests; a function that is under way keeps its own.
    """
    if not _kept or _kept[1] != number:
        del _kept[:]  # before there is another: it may need that memory
        from archive import show

        show("{}.mpy".format(number))
        module = __import__("overlay")
        del sys.modules["overlay"]  # whatever fails from here on, nobody takes it for another
        _kept.extend((module, number))
    return _kept[0]


def forget():
    """Keep no overlay any longer but those whose functions are under way; their memory is free at once."""
    del _kept[:]
    gc.collect()


async def let_go():
    """Task: what was not called for a second is kept no longer."""
    while True:
        await asyncio.sleep_ms(_REST_MS)
        del _kept[:]
