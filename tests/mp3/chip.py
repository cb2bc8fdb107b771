"""The decoder on CPython with its kernels as the ESP32's machine code: what the chip would compute, and in how many instructions."""

import ast
import contextlib
import importlib
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType, ModuleType
from typing import Any

from tests.mp3 import mpy
from tests.mp3.mpy import Kind
from tests.mp3.xtensa import Kernel, Memory

from loa.firmware import FIRMWARE
from loa.provision.slot import compile_text
from loa.provision.sources import for_words_of_32_bits

PACKAGE = FIRMWARE / "node" / "audio" / "mp3"
_NAME = "node.audio.mp3"
_FLAGS = ("-msmall-int-bits=31", "-O3")


def compiled(source: Path, folder: Path) -> mpy.Module:
    """A module as it goes onto the chip (`loa.provision.slot`)."""
    text = for_words_of_32_bits(source.read_text(encoding="utf-8"))
    return mpy.read(compile_text(text, "xtensawin", folder, *_FLAGS, name=source.stem))


def sources() -> list[Path]:
    return sorted(PACKAGE.glob("*.py"))


def _kernel_names(source: Path) -> list[str]:
    """Names of a module's viper functions in the order of the file."""
    body = ast.parse(source.read_text(encoding="utf-8")).body
    return [
        part.name for part in body if isinstance(part, ast.FunctionDef) and "micropython.viper" in map(ast.unparse, part.decorator_list)
    ]


@contextlib.contextmanager
def machine_code() -> Iterator[Memory]:
    """Inside, all kernels of the decoder run as machine code; the Memory counts their instructions."""
    memory = Memory()
    kernels: dict[int, Kernel] = {}
    modules = [importlib.import_module(_NAME if path.stem == "__init__" else f"{_NAME}.{path.stem}") for path in sources()]
    with TemporaryDirectory() as folder:
        for path, module in zip(sources(), modules, strict=True):
            code = [one.code for one in compiled(path, Path(folder)).body.children if one.kind == Kind.VIPER]
            for name, bytes_ in zip(_kernel_names(path), code, strict=True):
                kernels[id(getattr(module, name))] = Kernel(f"{path.stem}.{name}", bytes_, memory)
    before = _replace(modules, kernels)
    try:
        yield memory
    finally:
        for module, name, function in before:
            setattr(module, name, function)


def _replace(modules: list[ModuleType], kernels: dict[int, Kernel]) -> list[tuple[ModuleType, str, Any]]:
    before = []
    for module in modules:
        for name, value in list(vars(module).items()):
            if id(value) in kernels:
                before.append((module, name, value))
                setattr(module, name, kernels[id(value)])
    return before


@contextlib.contextmanager
def bytecodes() -> Iterator[Counter[str]]:
    """Counts the bytecodes of CPython that the decoder executes between its kernels, by function; MicroPython's are about as many."""
    counts: Counter[str] = Counter()
    folder = str(PACKAGE)

    def traced(frame: FrameType, event: str, _: Any) -> Any:
        if event == "opcode":
            counts[f"{Path(frame.f_code.co_filename).stem}.{frame.f_code.co_qualname}"] += 1
        return traced

    def called(frame: FrameType, event: str, _: Any) -> Any:
        if not frame.f_code.co_filename.startswith(folder):
            return None
        frame.f_trace_lines, frame.f_trace_opcodes = False, True
        return traced

    sys.settrace(called)
    try:
        yield counts
    finally:
        sys.settrace(None)
