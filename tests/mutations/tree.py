"""A copy of the repository in which a mistake is made and the tests that must notice it are run. The repository itself is never touched."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.mutations.mutation import ROOT, Mutation

_NEEDED = ("firmware", "host_tools", "tests", "boards", "pyproject.toml")
_TIMEOUT_S = 180
_PASSED, _FAILED = 0, 1  # exit codes of pytest: anything else is no answer


@dataclass(frozen=True)
class Outcome:
    """Of one mutation: the tests that failed, those that should have and did not, and pytest's words."""

    name: str
    failed: tuple[str, ...]
    silent: tuple[str, ...]
    seconds: float
    said: str

    @property
    def caught(self) -> bool:
        """Every test that must fail did."""
        return bool(self.failed) and not self.silent


class Tree:
    """The copy, in an empty folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for name in _NEEDED:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / name, folder / name)

    def try_out(self, mutation: Mutation) -> Outcome:
        """Make the mistake, run the tests that must notice it, and take it back. Raises DoesNotFit."""
        before = mutation.apply(self._folder / "firmware")
        try:
            return self._tests(mutation.name, mutation.caught_by)
        finally:
            for path, text in before.items():
                path.write_text(text, encoding="utf-8")

    def passes(self, tests: Sequence[str]) -> bool:
        """True if these tests pass as things are."""
        return self._run(tests).returncode == _PASSED

    def _tests(self, name: str, tests: Sequence[str]) -> Outcome:
        begun = time.monotonic()
        run = self._run(tests)
        said = run.stdout + run.stderr
        failed = tuple(re.findall(r"^FAILED (\S+)", run.stdout, re.MULTILINE)) if run.returncode == _FAILED else ()
        silent = tuple(test for test in tests if not any(one.startswith(test) for one in failed))
        return Outcome(name, failed, silent, round(time.monotonic() - begun, 1), said)

    def _run(self, tests: Sequence[str]) -> subprocess.CompletedProcess[str]:
        arguments = ["-m", "pytest", "-q", "--tb=line", "-rf", "-p", "no:cacheprovider", "--basetemp", str(self._folder / "temp"), *tests]
        own = os.pathsep.join(str(self._folder / name) for name in ("host_tools", "firmware"))
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "LOA_"))}
        environment |= {
            "PYTHONPATH": own,
            "PYTHONDONTWRITEBYTECODE": "1",
        }  # bytecode is told from source by seconds and length: too coarse here
        return subprocess.run(
            [sys.executable, *arguments], cwd=self._folder, env=environment, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
        )
