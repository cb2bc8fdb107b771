"""MicroPython's `.mpy` files, version 6 (py/persistentcode.c), with the machine code of their viper functions replaced, and with classes that do not
say in which module and as what they were defined: nobody asks, and it is two places in the table of each class. And which functions, names and texts a file
has."""

import re
from collections.abc import Callable
from dataclasses import dataclass

_BYTECODE, _NATIVE, _VIPER, _ASSEMBLER = range(4)
_HEAD = 4  # bytes before the first number
_VERSION = 6
_TUPLE = 10
_NUMBERED = "#"
_ENDS_EARLY = "the file ends early"
_WITH_END = _STR, _BYTES = (5, 6)  # carry a zero behind them
_WITHOUT_LENGTH = (0, 1, 2, 3, 4)
_NAME, _MODULE, _QUALIFIED = (
    23,
    22,
    26,
)  # of the names that are not written out: `__name__`, `__module__`, `__qualname__` (py/makeqstrdata.py)
_LOAD_TEXT, _LOAD_NAME, _STORE_NAME = b"\x10", b"\x11", b"\x16"  # py/bc0.h


def rewritten(content: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """The file with each viper function's code as `change` makes it, and smaller classes. ValueError for what is no `.mpy` of version 6."""
    return bytes(_read_whole(content, change).out)


def _read_whole(content: bytes, change: Callable[[bytes], bytes]) -> "_Rewriter":
    if content[:1] != b"M" or content[1] != _VERSION:
        raise ValueError("no .mpy file of version 6")
    rewriter = _Rewriter(content, change)
    rewriter.whole()
    return rewriter


@dataclass(frozen=True)
class Function:
    """A function in bytecode: its names from the module inwards, a class is one too, and its `code` with the prelude. `inner`: those that stand in it, None
    for one that is no bytecode.

    A name that MicroPython has in a table of its own stands in the file by number alone, and is `#` and the number here.
    """

    path: tuple[str, ...]
    code: bytes
    inner: tuple["Function | None", ...] = ()


def functions(content: bytes) -> list[Function]:
    """All functions of an `.mpy` that are bytecode, and stand in nothing but bytecode, the inner ones first. ValueError as above."""
    return _read_whole(content, bytes).functions


def names(content: bytes) -> list[str]:
    """The names of an `.mpy` but for those that MicroPython has a number for in all its builds. ValueError as above."""
    return [name for name in _read_whole(content, bytes).names if not name.startswith(_NUMBERED)]


def constants(content: bytes) -> list[str | bytes | None]:
    """All that stands in the table of constants of an `.mpy`; None for what is no text. ValueError as above."""
    return _read_whole(content, bytes).constants


class _Rewriter:
    """Copies what it reads, piece by piece."""

    def __init__(self, content: bytes, change: Callable[[bytes], bytes]) -> None:
        self._content = content
        self._change = change
        self._at = 0
        self.out = bytearray()
        self.names: list[str] = []  # as in `Function`
        self.functions: list[Function] = []
        self.constants: list[str | bytes | None] = []
        self._known: dict[int, int] = {}  # where in the table of names those are that are not written out
        self._class_head: re.Pattern[bytes] | None = None

    def whole(self) -> None:
        self._copy(_HEAD)
        names, constants = self._number(), self._number()
        for place in range(names):
            self._name(place)
        if self._known.keys() >= {_NAME, _MODULE, _QUALIFIED}:
            self._class_head = self._head_of_classes()
        for _ in range(constants):
            self.constants.append(self._constant())
        self._function(None)
        self.out += self._content[self._at :]

    def _copy(self, n: int) -> bytes:
        piece = self._take(n)
        self.out += piece
        return piece

    def _take(self, n: int) -> bytes:
        piece = self._content[self._at : self._at + n]
        if len(piece) < n:
            raise ValueError(_ENDS_EARLY)
        self._at += n
        return piece

    def _read(self) -> int:
        value, self._at = _decoded(self._content, self._at)
        return value

    def _write(self, value: int) -> None:
        self.out += _encoded(value)

    def _number(self) -> int:
        value = self._read()
        self._write(value)
        return value

    def _name(self, place: int) -> None:
        length = self._number()
        if length & 1:
            self._known[length >> 1] = place
            self.names.append(f"{_NUMBERED}{length >> 1}")
        else:
            self.names.append(self._copy((length >> 1) + 1)[:-1].decode())

    def _head_of_classes(self) -> re.Pattern[bytes]:
        """`__module__ = __name__; __qualname__ = "..."`, with which the body of a class begins. Nothing jumps over it."""
        name, module, qualified = (re.escape(_encoded(self._known[known])) for known in (_NAME, _MODULE, _QUALIFIED))
        text = rb"[\x80-\xff]*[\x00-\x7f]"
        return re.compile(_LOAD_NAME + name + _STORE_NAME + module + _LOAD_TEXT + text + _STORE_NAME + qualified, re.DOTALL)

    def _constant(self) -> str | bytes | None:
        (kind,) = self._copy(1)
        if kind in _WITHOUT_LENGTH:
            return None
        length = self._number()
        if kind == _TUPLE:
            for _ in range(length):
                self._constant()
            return None
        content = self._copy(length + (kind in _WITH_END))[:length]
        return content.decode() if kind == _STR else content if kind == _BYTES else None

    def _function(self, outside: tuple[str, ...] | None) -> Function | None:
        """`outside`: the names around it; None for the module itself."""
        head = self._read()
        kind = head & 3
        code = self._take(head >> 3)
        if kind == _VIPER:
            code = self._change(code)
        elif kind == _BYTECODE and self._class_head:
            code = self._class_head.sub(b"", code, count=1)
        self._write(len(code) << 3 | head & 7)
        self.out += code
        path = () if outside is None else (*outside, self._named(code) if kind == _BYTECODE else "")
        if kind != _BYTECODE:
            self._number()  # offset of the prelude, or flags of the scope
            if kind == _ASSEMBLER:
                self._number()
                self._number()
        inner = tuple(self._function(path) for _ in range(self._number())) if head & 4 else ()
        if kind != _BYTECODE or not path or not all(path):
            return None
        self.functions.append(Function(path, code, inner))
        return self.functions[-1]

    def _named(self, code: bytes) -> str:
        """The name that stands in a prelude, behind two fields that end like numbers (py/bc.h)."""
        place, at = 0, 0
        for _ in range(3):
            place, at = _decoded(code, at)
        return self.names[place]


def _decoded(content: bytes, at: int) -> tuple[int, int]:
    """The number that stands at a place, and where what follows begins. ValueError if it has no end."""
    value = 0
    while at < len(content):
        octet = content[at]
        at += 1
        value = value << 7 | octet & 0x7F
        if not octet & 0x80:
            return value, at
    raise ValueError(_ENDS_EARLY)


def _encoded(number: int) -> bytes:
    octets = [number & 0x7F]
    while number := number >> 7:
        octets.append(0x80 | number & 0x7F)
    return bytes(octets[::-1])
