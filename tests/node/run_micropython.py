"""Runs one test file under MicroPython and prints a line `TEST ["name", "ok" or traceback]` for each of its functions."""

import asyncio
import io
import json
import sys


def _report(name, outcome):
    print("TEST " + json.dumps([name, outcome]))


def _traceback(error):
    text = io.StringIO()
    sys.print_exception(error, text)
    return text.getvalue()


def main(path):
    here, name = path.rsplit("/", 1)
    root = here.rsplit("/tests/", 1)[0]
    for folder in (here, root + "/firmware", root + "/host_tools/loa/sim/unix"):
        sys.path.insert(0, folder)
    module = __import__(name[: -len(".py")])
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
