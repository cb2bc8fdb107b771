"""Runs one test file under MicroPython and prints a line `TEST ["name", "ok" or traceback]` for each of its functions."""

import sys


def _report(name, outcome):
    print("TEST " + json.dumps([name, outcome]))


def _traceback(error):
    text = io.StringIO()
    sys.print_exception(error, text)
    return text.getvalue()


def _on_board(path):
    """Make this process the board: the emulated modules come before the built-in ones, and asyncio is imported after them."""
    here = path.rsplit("/", 1)[0]
    root = here.rsplit("/tests/", 1)[0]
    for folder in (here, root + "/tests/models", root + "/host_tools", root + "/firmware", root + "/host_tools/loa/sim/unix"):
        sys.path.insert(0, folder)
    __import__("emulation")


_on_board(sys.argv[1])

import asyncio
import io
import json


def main(path):
    module = __import__(path.rsplit("/", 1)[1][: -len(".py")])
    for function_name in sorted(dir(module)):
        if function_name.startswith("test_"):
            try:
                result = getattr(module, function_name)()
                if hasattr(result, "send"):
                    asyncio.run(result)
                _report(function_name, "ok")
            except Exception as error:
                _report(function_name, _traceback(error))


main(sys.argv[1])
