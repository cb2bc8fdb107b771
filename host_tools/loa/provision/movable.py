"""Which functions and texts of the application a node without PSRAM moves out of its heap once they are loaded, and how it knows them again.

`firmware/node/moved.py` does it and reads this list: a record for each, functions before texts, the largest first, for each takes a block of the heap more
than it has.
"""

import ast
import struct
from binascii import crc32
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence

from loa.tighten.mpy import constants, functions

_NAMED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_NAME_BYTES = 24
# Name, bytes and CRC-32 of the code, and whether the function itself can be another object: it points to its code alone, and nothing is made of it where it
# stands. The name of a text is `#` with its place among the constants, and behind a point what it is called in the module; the zero behind it counts for the
# CRC alone.
_RECORD = struct.Struct(f"<{_NAME_BYTES}sHI?x")
_Record = tuple[bytes, int, int, bool]


def movable(text: str, compiled: bytes, compile_text: Callable[[str], bytes], under_way: Collection[str] = ()) -> bytes:
    """The list for the module `text` and what it is compiled to; `compile_text` compiles likewise.

    `under_way`: functions that are while others are moved. They would go on with the code that they have, and nothing would keep it from the collector: it
    looks for the beginning of what is used, and a function under way points into the middle.
    """
    tree = ast.parse(text)
    found = [one for one in _functions(tree, compiled, compile_text) if one[0].decode() not in under_way]
    return b"".join(_RECORD.pack(*record) for record in [*found, *_texts(tree, compiled)])


def _functions(tree: ast.Module, compiled: bytes, compile_text: Callable[[str], bytes]) -> Iterator[_Record]:
    classes = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    known = _known(sorted({node.name for node in ast.walk(tree) if isinstance(node, _NAMED)}), compile_text)
    paths = [(tuple(known.get(name, name) for name in one.path), one.code) for one in functions(compiled)]
    found = [(".".join(path), code) for path, code in paths if _can_be_reached(path, classes)]
    once = {name for name, times in Counter(name for name, _ in found).items() if times == 1}
    bare = set(_bare(tree, ""))
    for name, code in sorted(found, key=lambda one: (-len(one[1]), one[0])):
        if name in once and len(name) <= _NAME_BYTES:
            yield name.encode(), len(code), crc32(code), name in bare


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
    texts = [(place, text) for place, text in enumerate(constants(compiled)) if text is not None]
    for place, text in sorted(texts, key=lambda one: -len(one[1])):
        content = text.encode() if isinstance(text, str) else text
        called = f"#{place}.{named[text]}" if text in named else f"#{place}"
        if len(called) <= _NAME_BYTES:
            yield called.encode(), len(content), crc32(content + b"\0"), False


def _known(names: Sequence[str], compile_text: Callable[[str], bytes]) -> dict[str, str]:
    """Those of the names that are numbers in a compiled file, by what `functions` calls them."""
    compiled = compile_text("".join(f"def {name}(): pass\n" for name in names))
    return {one.path[0]: name for one, name in zip(functions(compiled), names, strict=True) if one.path[0] != name}


def _can_be_reached(path: tuple[str, ...], classes: set[str]) -> bool:
    """From outside: it stands in the module or in a class of it, and is neither a class itself nor what the compiler makes of a comprehension."""
    if not path[-1].isidentifier():
        return False
    return path[0] not in classes if len(path) == 1 else len(path) == 2 and path[0] in classes
