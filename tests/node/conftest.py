"""Runs the firmware's tests on CPython and on MicroPython from the same files.

A test file here holds plain functions, `def test_*()` or `async def test_*()`, with bare asserts, and imports nothing that MicroPython
lacks. pytest collects each function twice: as usual, and once more as run by the `micropython` command (one process a file).
"""

import asyncio
import inspect
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
RUNNER = HERE / "run_micropython.py"
FILE_TIMEOUT_S = 120


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    asyncio.run(pyfuncitem.obj(**arguments))
    return True


def pytest_pycollect_makemodule(module_path, parent):
    if module_path.parent == HERE and module_path.name.startswith("test_"):
        return _BothRuntimes.from_parent(parent, path=module_path)
    return None


class _BothRuntimes(pytest.Module):
    """A test module whose functions are listed a second time, for MicroPython."""

    def collect(self):
        items = list(super().collect())
        yield from items
        for item in items:
            yield _MicroPythonItem.from_parent(self, name=f"{item.name}[micropython]", function=item.name)


class _MicroPythonItem(pytest.Item):
    def __init__(self, *, function, **kwargs):
        super().__init__(**kwargs)
        self.function_name = function

    def runtest(self):
        results = _run_file(self.config, self.path)
        outcome = results.get(self.function_name, results.get("", "the MicroPython run ended before this test"))
        if outcome != "ok":
            raise _FailedOnMicroPython(outcome)

    def repr_failure(self, excinfo, style=None):
        if isinstance(excinfo.value, _FailedOnMicroPython):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self):
        return self.path, 0, f"{self.path.name}::{self.name}"


class _FailedOnMicroPython(Exception):
    pass


def _run_file(config, path):
    """Result of every test of one file, by function name: "ok" or the traceback; under "" what ended the whole run."""
    cache = config.stash.setdefault(_RESULTS, {})
    if path not in cache:
        interpreter = Path(sys.executable).parent / "micropython"
        command = str(interpreter) if interpreter.exists() else shutil.which("micropython")
        if command is None:
            pytest.fail("no micropython: run `make .venv/ready`, or put a MicroPython >= 1.23 unix port on PATH")
        try:
            run = subprocess.run([command, "-X", "heapsize=4M", RUNNER, path], capture_output=True, text=True, timeout=FILE_TIMEOUT_S)
            lines, tail = run.stdout.splitlines(), f"exit {run.returncode}\n{run.stdout[-4000:]}\n{run.stderr[-4000:]}"
        except subprocess.TimeoutExpired as late:
            lines, tail = (late.stdout or b"").decode().splitlines(), f"still running after {FILE_TIMEOUT_S} s"
        reports = [json.loads(line[len("TEST ") :]) for line in lines if line.startswith("TEST ")]
        cache[path] = {"": tail} | dict(reports)
    return cache[path]


_RESULTS = pytest.StashKey[dict]()
