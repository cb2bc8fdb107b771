"""Reads MicroPython's `.mpy` files, version 6 (py/persistentcode.c): which functions are machine code and how many bytes of it there are."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum


class Kind(IntEnum):
    """How a function is stored."""

    BYTECODE = 2
    NATIVE = 3
    VIPER = 4
    ASSEMBLER = 5


@dataclass
class Function:
    """A module or function: its code, and the functions defined in it."""

    kind: Kind
    code: bytes
    children: list["Function"] = field(default_factory=list)

    def all(self) -> Iterator["Function"]:
        yield self
        for child in self.children:
            yield from child.all()


@dataclass
class Module:
    """A whole file."""

    names: list[str]
    constants_bytes: int
    body: Function

    @property
    def native_bytes(self) -> int:
        """Bytes of machine code."""
        return sum(len(function.code) for function in self.body.all() if function.kind != Kind.BYTECODE)


_TUPLE = 10
_WITH_END = (5, 6)  # str and bytes carry a zero behind them
_CONSTANTS_WITHOUT_LENGTH = (0, 1, 2, 3, 4)


def read(content: bytes) -> Module:
    """ValueError for what is no `.mpy` of version 6."""
    if content[:1] != b"M" or content[1] != 6:
        raise ValueError("no .mpy file of version 6")
    reader = _Reader(content, 4)
    names, constants = reader.number(), reader.number()
    table = [reader.name() for _ in range(names)]
    size = sum(reader.constant() for _ in range(constants))
    return Module(table, size, reader.function())


class _Reader:
    def __init__(self, content: bytes, at: int) -> None:
        self._content = content
        self._at = at

    def take(self, n: int) -> bytes:
        piece = self._content[self._at : self._at + n]
        if len(piece) < n:
            raise ValueError("the file ends early")
        self._at += n
        return piece

    def number(self) -> int:
        value = 0
        while True:
            (octet,) = self.take(1)
            value = value << 7 | octet & 0x7F
            if not octet & 0x80:
                return value

    def name(self) -> str:
        length = self.number()
        if length & 1:
            return f"<static {length >> 1}>"
        return self.take((length >> 1) + 1)[:-1].decode()

    def constant(self) -> int:
        """Bytes of one constant."""
        (kind,) = self.take(1)
        if kind in _CONSTANTS_WITHOUT_LENGTH:
            return 0
        length = self.number()
        if kind == _TUPLE:
            return sum(self.constant() for _ in range(length))
        self.take(length + (kind in _WITH_END))
        return length

    def function(self) -> Function:
        head = self.number()
        kind = Kind((head & 3) + Kind.BYTECODE)
        function = Function(kind, self.take(head >> 3))
        if kind != Kind.BYTECODE:
            self.number()  # offset of the prelude, or flags of the scope
            if kind == Kind.ASSEMBLER:
                self.number()
                self.number()
        if head & 4:
            function.children = [self.function() for _ in range(self.number())]
        return function
