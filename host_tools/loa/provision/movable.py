"""Which functions of the application a node without PSRAM moves out of its heap once they are loaded, and how it knows them again.

`firmware/node/moved.py` does it and reads this list: a record for each function, the largest first, for each takes a block of the heap more than it has.
"""

import ast
import struct
from binascii import crc32
from collections import Counter
from collections.abc import Callable, Collection, Sequence

from loa.tighten.mpy import functions

_NAMED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_NAME_BYTES = 24
_RECORD = struct.Struct(f"<{_NAME_BYTES}sHI2x")  # name, bytes and CRC-32 of its code, padded to 32 bytes


def movable(text: str, compiled: bytes, compile_text: Callable[[str], bytes], under_way: Collection[str] = ()) -> bytes:
    """The list for the module `text` and what it is compiled to; `compile_text` compiles likewise.

    `under_way`: functions that are while others are moved. They would go on with the code that they have, and nothing would keep it from the collector: it
    looks for the beginning of what is used, and a function under way points into the middle.
    """
    tree = ast.parse(text)
    classes = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    known = _known(sorted({node.name for node in ast.walk(tree) if isinstance(node, _NAMED)}), compile_text)
    paths = [(tuple(known.get(name, name) for name in one.path), one.code) for one in functions(compiled)]
    found = [(".".join(path), code) for path, code in paths if _can_be_reached(path, classes)]
    once = {name for name, times in Counter(name for name, _ in found).items() if times == 1} - set(under_way)
    listed = sorted((one for one in found if one[0] in once and len(one[0]) <= _NAME_BYTES), key=lambda one: (-len(one[1]), one[0]))
    return b"".join(_RECORD.pack(name.encode(), len(code), crc32(code)) for name, code in listed)


def _known(names: Sequence[str], compile_text: Callable[[str], bytes]) -> dict[str, str]:
    """Those of the names that are numbers in a compiled file, by what `functions` calls them."""
    compiled = compile_text("".join(f"def {name}(): pass\n" for name in names))
    return {one.path[0]: name for one, name in zip(functions(compiled), names, strict=True) if one.path[0] != name}


def _can_be_reached(path: tuple[str, ...], classes: set[str]) -> bool:
    """From outside: it stands in the module or in a class of it, and is neither a class itself nor what the compiler makes of a comprehension."""
    if not path[-1].isidentifier():
        return False
    return path[0] not in classes if len(path) == 1 else len(path) == 2 and path[0] in classes
