"""Writes `micropython_names.txt` of the linker anew from the stubs: the names that objects of MicroPython have. `--check` only compares."""

import ast
import sys
from importlib.metadata import files
from pathlib import Path

TARGET = Path(__file__).parent.parent / "host_tools" / "loa" / "provision" / "link" / "micropython_names.txt"
_STUBS = ("micropython-esp32-stubs", "micropython-stdlib-stubs")
_BUILT_IN = (
    str,
    bytes,
    bytearray,
    memoryview,
    int,
    float,
    complex,
    bool,
    list,
    tuple,
    dict,
    set,
    frozenset,
    type,
    object,
    BaseException,
    slice,
    range,
)
# Of the event loop and its streams as MicroPython has them (extmod/asyncio), which the stubs leave out.
_ASYNCIO = "s e out_buf coro data state ph_key waiting start end peek push pop remove cur_task loop cb locked sock"


def known() -> set[str]:
    """All of them."""
    found = {name for kind in _BUILT_IN for name in dir(kind)} | set(_ASYNCIO.split())
    for package in _STUBS:
        for file in files(package) or ():
            if file.suffix in {".pyi", ".py"}:
                found |= _defined(ast.parse(Path(str(file.locate())).read_text(encoding="utf-8")))
    return {name for name in found if not name.startswith("__")}


def _defined(tree: ast.Module) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            found.add(node.attr)
    return found


def main() -> int:
    text = "\n".join(sorted(known())) + "\n"
    if "--check" not in sys.argv:
        TARGET.write_text(text, encoding="utf-8")
        return 0
    if TARGET.read_text(encoding="utf-8") == text:
        return 0
    print(f"{TARGET.name} is not what the stubs say: run {Path(__file__).name}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
