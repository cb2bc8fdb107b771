"""MicroPython's `.mpy` files, version 6 (py/persistentcode.c), with the machine code of their viper functions replaced."""

from collections.abc import Callable

_BYTECODE, _NATIVE, _VIPER, _ASSEMBLER = range(4)
_HEAD = 4  # bytes before the first number
_VERSION = 6
_TUPLE = 10
_WITH_END = (5, 6)  # str and bytes carry a zero behind them
_WITHOUT_LENGTH = (0, 1, 2, 3, 4)


def rewritten(content: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """The file with each viper function's code as `change` makes it. ValueError for what is no `.mpy` of version 6."""
    if content[:1] != b"M" or content[1] != _VERSION:
        raise ValueError("no .mpy file of version 6")
    return _Rewriter(content, change).whole()


class _Rewriter:
    """Copies what it reads, piece by piece."""

    def __init__(self, content: bytes, change: Callable[[bytes], bytes]) -> None:
        self._content = content
        self._change = change
        self._at = 0
        self._out = bytearray()

    def whole(self) -> bytes:
        self._copy(_HEAD)
        names, constants = self._number(), self._number()
        for _ in range(names):
            self._name()
        for _ in range(constants):
            self._constant()
        self._function()
        self._out += self._content[self._at :]
        return bytes(self._out)

    def _copy(self, n: int) -> bytes:
        piece = self._take(n)
        self._out += piece
        return piece

    def _take(self, n: int) -> bytes:
        piece = self._content[self._at : self._at + n]
        if len(piece) < n:
            raise ValueError("the file ends early")
        self._at += n
        return piece

    def _read(self) -> int:
        value = 0
        while True:
            (octet,) = self._take(1)
            value = value << 7 | octet & 0x7F
            if not octet & 0x80:
                return value

    def _write(self, value: int) -> None:
        octets = [value & 0x7F]
        while value := value >> 7:
            octets.append(0x80 | value & 0x7F)
        self._out += bytes(octets[::-1])

    def _number(self) -> int:
        value = self._read()
        self._write(value)
        return value

    def _name(self) -> None:
        length = self._number()
        if not length & 1:
            self._copy((length >> 1) + 1)

    def _constant(self) -> None:
        (kind,) = self._copy(1)
        if kind in _WITHOUT_LENGTH:
            return
        length = self._number()
        if kind == _TUPLE:
            for _ in range(length):
                self._constant()
        else:
            self._copy(length + (kind in _WITH_END))

    def _function(self) -> None:
        head = self._read()
        kind = head & 3
        code = self._take(head >> 3)
        if kind == _VIPER:
            code = self._change(code)
        self._write(len(code) << 3 | head & 7)
        self._out += code
        if kind != _BYTECODE:
            self._number()  # offset of the prelude, or flags of the scope
            if kind == _ASSEMBLER:
                self._number()
                self._number()
        if head & 4:
            for _ in range(self._number()):
                self._function()
