"""Which functions and texts of the application a node without PSRAM moves out of its heap once they are loaded, and how it knows them again.

`firmware/node/moved.py` does it and reads this list. Bytecode comes first, the largest first, since each takes whole blocks of the heap and would lie
scattered in it; then texts, which may lie in slow memory, and the functions themselves, which take there as much as in the heap.
"""

import ast
import struct
from binascii import crc32
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from itertools import chain

from loa.firmware import moved
from loa.tighten.mpy import Function, constants, functions

_NAMED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_RECORD = struct.Struct(f"<{moved.NAME_BYTES}sHIBx")
_Record = tuple[bytes, int, int, int]


def movable(text: str, compiled: bytes, compile_text: Callable[[str], bytes], under_way: Collection[str] = ()) -> bytes:
    """The list for the module `text` and what it is compiled to; `compile_text` compiles likewise.

    `under_way`: functions that are while others are moved. They would go on with the code that they have, and nothing would keep it from the collector: it
    looks for the beginning of what is used, and a function under way points into the middle.
    """
    tree = ast.parse(text)
    found = [one for one in _reached(tree, compiled, compile_text) if one.path[-1] not in under_way]
    records = [*chain.from_iterable(map(_code, found)), *_texts(tree, compiled), *_functions(tree, found)]
    return b"".join(_RECORD.pack(*record) for record in records)


def _reached(tree: ast.Module, compiled: bytes, compile_text: Callable[[str], bytes]) -> list[Function]:
    """Those that can be found by one name, the largest first; a path is that name alone."""
    classes = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    known = _known(sorted({node.name for node in ast.walk(tree) if isinstance(node, _NAMED)}), compile_text)
    named = [replace(one, path=tuple(known.get(name, name) for name in one.path)) for one in functions(compiled)]
    found = [replace(one, path=(".".join(one.path),)) for one in named if _can_be_reached(one.path, classes)]
    times = Counter(one.path for one in found)
    return sorted(
        (one for one in found if times[one.path] == 1 and len(one.path[0]) <= moved.NAME_BYTES), key=lambda one: (-len(one.code), one.path)
    )


def _code(function: Function) -> Iterator[_Record]:
    name = function.path[0]
    yield name.encode(), len(function.code), crc32(function.code), moved.CODE
    inner = [(f"{name}/{number}".encode(), one) for number, one in enumerate(function.inner) if one and not one.inner]
    inner = [(called, one) for called, one in inner if len(called) <= moved.NAME_BYTES]
    for called, one in inner:
        yield called, len(one.code), crc32(one.code), moved.INNER
    if inner and len(inner) == len(function.inner):
        yield name.encode(), len(inner), 0, moved.TABLE


def _functions(tree: ast.Module, found: Sequence[Function]) -> Iterator[_Record]:
    bare = set(_bare(tree, ""))
    for one in found:
        if one.path[0] in bare:
            yield one.path[0].encode(), 0, 0, moved.FUNCTION


def _bare(tree: ast.Module | ast.ClassDef, owner: str) -> Iterator[str]:
    """The functions without defaults and decorators."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if not (node.decorator_list or node.args.defaults or node.args.kw_defaults):
                yield owner + node.name
        elif isinstance(node, ast.ClassDef) and not owner:
            yield from _bare(node, f"{node.name}.")


def _texts(tree: ast.Module, compiled: bytes) -> Iterator[_Record]:
    named: dict[str | bytes, str] = {}
    for statement in tree.body:
        match statement:
            case ast.Assign([ast.Name(name)], ast.Constant(str() | bytes() as text)):
                named[text] = name
    texts = [(place, text) for place, text in enumerate(constants(compiled)) if text]  # an empty one is the runtime's own
    for place, text in sorted(texts, key=lambda one: -len(one[1])):
        content = text.encode() if isinstance(text, str) else text
        called = f"{place}.{named[text]}" if text in named else f"{place}"
        if len(called) <= moved.NAME_BYTES:
            yield called.encode(), len(content), crc32(content + b"\0"), moved.TEXT


def _known(names: Sequence[str], compile_text: Callable[[str], bytes]) -> dict[str, str]:
    """Those of the names that are numbers in a compiled file, by what `functions` calls them."""
    compiled = compile_text("".join(f"def {name}(): pass\n" for name in names))
    return {one.path[0]: name for one, name in zip(functions(compiled), names, strict=True) if one.path[0] != name}


def _can_be_reached(path: tuple[str, ...], classes: set[str]) -> bool:
    """From outside: it stands in the module or in a class of it, and is neither a class itself nor what the compiler makes of a comprehension."""
    if not path[-1].isidentifier():
        return False
    return path[0] not in classes if len(path) == 1 else len(path) == 2 and path[0] in classes
