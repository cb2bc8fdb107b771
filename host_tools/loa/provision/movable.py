"""Which functions of the application a node without PSRAM moves out of its heap once they are loaded, and how it knows them again.

`firmware/node/moved.py` does it and reads this list: a record for each function, the largest first, for each takes a block of the heap more than it has.
"""

import ast
import struct
from binascii import crc32
from collections import Counter

from loa.tighten.mpy import functions

_NAME_BYTES = 24
_RECORD = struct.Struct(f"<{_NAME_BYTES}sHI2x")  # name, bytes and CRC-32 of its code, padded to 32 bytes


def movable(text: str, compiled: bytes) -> bytes:
    """The list for the module `text` and what it is compiled to."""
    classes = {node.name for node in ast.parse(text).body if isinstance(node, ast.ClassDef)}
    found = [(".".join(one.path), one.code) for one in functions(compiled) if _can_be_reached(one.path, classes)]
    once = {name for name, times in Counter(name for name, _ in found).items() if times == 1}
    listed = sorted((one for one in found if one[0] in once and len(one[0]) <= _NAME_BYTES), key=lambda one: (-len(one[1]), one[0]))
    return b"".join(_RECORD.pack(name.encode(), len(code), crc32(code)) for name, code in listed)


def _can_be_reached(path: tuple[str, ...], classes: set[str]) -> bool:
    """From outside: it stands in the module or in a class of it, and is neither a class itself nor what the compiler makes of a comprehension."""
    if not path[-1].isidentifier():
        return False
    return path[0] not in classes if len(path) == 1 else len(path) == 2 and path[0] in classes
