"""Instructions as machine code: constants first, behind a jump, as `mpy-cross` lays them out; jumps as short as they can be."""

import struct

from loa.tighten.decode import COMPARED
from loa.tighten.ops import INVERSE, LOADS, STORES, WORD, Block, Op

_ARITHMETIC = {"and": 0x10, "or": 0x20, "xor": 0x30, "add": 0x80, "sub": 0xC0, "mull": 0x82, "mulsh": 0xB2}
_BRANCHES = {"bnone": 0, "beq": 1, "blt": 2, "bltu": 3, "bany": 8, "bne": 9, "bge": 10, "bgeu": 11}
_WITH_ZERO = ("beqz", "bnez", "bltz", "bgez")
_WITH_CONSTANT = ("beqi", "bnei", "blti", "bgei")
_LOADS = {"l8ui": 0, "l16ui": 1, "l32i": 2, "l16si": 9}
_STORES = {"s8i": 4, "s16i": 5, "s32i": 6}
_NEAR = 120  # bytes that a comparing branch surely reaches
_NEAR_ZERO = 2000
_SIZE, _FAR_SIZE = 3, 6


def encode(blocks: list[Block]) -> bytes:
    """The function whose code the blocks are, in their order."""
    constants = sorted({op.n & WORD for block in blocks for op in block.ops if op.name == "movi" and not -2048 <= op.n < 2048})
    start = 4 + 4 * len(constants) if constants else 0
    far: set[int] = set()
    while True:
        places, wide = _places(blocks, start, far)
        if not wide:
            break
        far |= wide
    table = {value: 4 + 4 * at for at, value in enumerate(constants)}
    code = bytearray()
    if constants:
        code += _bytes(6 | (start - 4) << 6, 3) + b"\0"
        code += struct.pack(f"<{len(constants)}I", *constants)
    for block in blocks:
        for op in block.ops:
            code += _encoded(op, len(code), places, table, id(op) in far)
    return bytes(code)


def _places(blocks: list[Block], start: int, far: set[int]) -> tuple[dict[int, int], set[int]]:
    """Where each block begins, and the branches that do not reach."""
    places, jumps, at = {}, [], start
    for block in blocks:
        places[block.label] = at
        for op in block.ops:
            if op.name in INVERSE:
                jumps.append((op, at))
                at += _FAR_SIZE if id(op) in far else _SIZE
            else:
                at += len(_encoded(op, 0, None, None, False))
    reach = {name: _NEAR_ZERO if name in _WITH_ZERO else _NEAR for name in INVERSE}
    return places, {id(op) for op, at in jumps if id(op) not in far and abs(places[op.target] - at) > reach[op.name]}


def _bytes(word: int, size: int) -> bytes:
    return (word & (1 << 8 * size) - 1).to_bytes(size, "little")


def _encoded(op: Op, at: int, places: dict[int, int] | None, table: dict[int, int] | None, far: bool) -> bytes:
    name = op.name
    if op.target >= 0:
        return _jump(op, at, places[op.target] if places else 0, far)
    if name == "movi":
        return _constant(op, at, table)
    if name in ("sll", "sra", "srl"):
        return _by_register(op)
    if name in LOADS or name in STORES:
        return _memory(op)
    return _plain(op)


def _jump(op: Op, at: int, place: int, far: bool) -> bytes:
    if op.name == "j":
        return _bytes(6 | place - at - 4 << 6, 3)
    if far:
        over = Op(INVERSE[op.name], -1, op.of, op.n, target=at)
        return _jump(over, at, at + _FAR_SIZE, False) + _bytes(6 | place - at - _SIZE - 4 << 6, 3)
    distance = place - at - 4
    if op.name in _WITH_ZERO:
        return _bytes(6 | 1 << 4 | _WITH_ZERO.index(op.name) << 6 | op.of[0] << 8 | distance << 12, 3)
    if op.name in _WITH_CONSTANT:
        return _bytes(6 | 2 << 4 | _WITH_CONSTANT.index(op.name) << 6 | op.of[0] << 8 | COMPARED.index(op.n) << 12 | distance << 16, 3)
    return _bytes(7 | op.of[1] << 4 | op.of[0] << 8 | _BRANCHES[op.name] << 12 | distance << 16, 3)


def _constant(op: Op, at: int, table: dict[int, int] | None) -> bytes:
    if -32 <= op.n < 96:
        return _bytes(0xC | (op.n >> 4 & 7) << 4 | op.to << 8 | (op.n & 15) << 12, 2)
    if -2048 <= op.n < 2048:
        return _bytes(2 | op.to << 4 | (op.n >> 8 & 15) << 8 | 0xA000 | (op.n & 255) << 16, 3)
    place = table[op.n & WORD] if table else at
    return _bytes(1 | op.to << 4 | (place - (at + 3 & ~3) >> 2) + 0x10000 << 8, 3)


def _by_register(op: Op) -> bytes:
    value, amount = op.of
    left = op.name == "sll"
    code = _bytes((0x400000 if not left else 0x401000) | amount << 8, 3)
    op2 = {"srl": 9, "sll": 10, "sra": 11}[op.name]
    return code + _bytes(op2 << 20 | 1 << 16 | op.to << 12 | (value << 8 if left else value << 4), 3)


def _memory(op: Op) -> bytes:
    if op.name in LOADS:
        register, base, kind, shift = op.to, op.of[0], _LOADS[op.name], LOADS[op.name]
    else:
        register, base, kind, shift = op.of[0], op.of[1], _STORES[op.name], STORES[op.name]
    if shift == 2 and op.n < 64:
        return _bytes((8 if op.name in LOADS else 9) | register << 4 | base << 8 | (op.n >> 2) << 12, 2)
    assert 0 <= op.n >> shift < 256
    return _bytes(2 | register << 4 | base << 8 | kind << 12 | (op.n >> shift) << 16, 3)


def _plain(op: Op) -> bytes:
    name, to = op.name, op.to
    one = op.of[0] if op.of else 0
    other = op.of[1] if len(op.of) > 1 else 0
    if name == "mov":
        return _bytes(0xD | to << 4 | one << 8, 2)
    if name == "add":
        return _bytes(0xA | other << 4 | one << 8 | to << 12, 2)
    if name in _ARITHMETIC:
        return _bytes(other << 4 | one << 8 | to << 12 | (_ARITHMETIC[name] & 15) << 16 | (_ARITHMETIC[name] >> 4) << 20, 3)
    if name in ("addx", "subx"):
        return _bytes(other << 4 | one << 8 | to << 12 | (8 if name == "addx" else 12) + op.n << 20, 3)
    if name == "neg":
        return _bytes(one << 4 | to << 12 | 6 << 20, 3)
    if name == "addi":
        if op.n == -1 or 1 <= op.n < 16:
            return _bytes(0xB | (op.n if op.n > 0 else 0) << 4 | one << 8 | to << 12, 2)
        return _bytes(2 | to << 4 | one << 8 | 0xC000 | (op.n & 255) << 16, 3)
    if name == "slli":
        back = 32 - op.n
        return _bytes((back & 15) << 4 | one << 8 | to << 12 | 1 << 16 | (back >> 4) << 20, 3)
    if name == "srai":
        return _bytes(one << 4 | (op.n & 15) << 8 | to << 12 | 1 << 16 | (2 | op.n >> 4) << 20, 3)
    if name == "srli":
        return _bytes(one << 4 | op.n << 8 | to << 12 | 1 << 16 | 4 << 20, 3)
    if name == "extui":
        return _bytes(one << 4 | (op.n & 15) << 8 | to << 12 | (4 | op.n >> 4) << 16 | (op.m - 1) << 20, 3)
    if name == "src":  # the amount first: ssai
        return _bytes(0x404000 | (op.n & 15) << 8 | (op.n >> 4) << 4, 3) + _bytes(other << 4 | one << 8 | to << 12 | 1 << 16 | 8 << 20, 3)
    if name == "entry":
        return _bytes(6 | 3 << 4 | 1 << 8 | (op.n // 8) << 12, 3)
    if name == "retw":
        return _bytes(0xF01D, 2)
    if name == "callx8":
        return _bytes(one << 8 | 14 << 4, 3)
    if name in ("ssl", "ssr"):
        return _bytes((0x401000 if name == "ssl" else 0x400000) | one << 8, 3)
    raise AssertionError(name)
