"""What kernels rely on in viper's pointers is the same in MicroPython's machine code and in CPython's wrappers."""

from array import array

import micropython


@micropython.viper
def _octets(target: ptr8, source: ptr8) -> int:
    target[0] = 0x1FF
    target[1] = 0 - 1
    return source[0]


@micropython.viper
def _halves(target: ptr16, source: ptr16) -> int:
    target[0] = 0x12345
    target[1] = 0 - 2
    return source[0]


@micropython.viper
def _words(target: ptr32, source: ptr32) -> int:
    target[0] = 0x12345678
    target[1] = 0 - 3
    return source[0]


@micropython.viper
def _shifts(value: int, count: int) -> int:
    return (value >> count) + (0 - value >> count) * 1000


def test_octets():
    target = bytearray(3)
    assert _octets(target, b"\xfe") == 0xFE
    assert target == b"\xff\xff\0"


def test_halves_are_unsigned():
    target = array("h", [0, 0, 7])
    assert _halves(target, array("h", [-1])) == 0xFFFF
    assert list(target) == [0x2345, -2, 7]


def test_words():
    target = array("i", [0, 0, 7])
    assert _words(target, array("i", [0x7FFFFFFF])) == 0x7FFFFFFF
    assert list(target) == [0x12345678, -3, 7]


def test_shifts_round_down():
    assert _shifts(7, 1) == 3 + -4 * 1000


def test_views_and_bytes_are_pointed_into():
    buffer = bytearray(6)
    _halves(memoryview(buffer)[2:], b"\1\0")
    assert buffer == b"\0\0\x45\x23\xfe\xff"


@micropython.viper
def _moved(target: ptr32, source: ptr32) -> int:
    target = ptr32(int(target) + 8)
    source = ptr32(int(source) + 4)
    source = ptr32(int(source) + 4)
    target[0] = source[1]
    return source[0]


def test_a_pointer_moves_by_bytes():
    target = array("i", [0, 0, 0])
    assert _moved(target, array("i", [1, 2, 3, 4])) == 3
    assert list(target) == [0, 0, 4]
