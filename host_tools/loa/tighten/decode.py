"""Machine code of one viper function as instructions (Xtensa ISA reference manual, chapters 4 to 6). Only what `mpy-cross` emits is known."""

import struct

from loa.tighten.ops import Op, signed

COMPARED = (-1, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 32, 64, 128, 256)  # constants that a branch can compare with
_PLAIN = {1: "and", 2: "or", 3: "xor"}
_BRANCHES = {0: "bnone", 1: "beq", 2: "blt", 3: "bltu", 8: "bany", 9: "bne", 10: "bge", 11: "bgeu"}
_WITH_ZERO = ("beqz", "bnez", "bltz", "bgez")
_WITH_CONSTANT = ("beqi", "bnei", "blti", "bgei")


class Unknown(Exception):
    """Code that is not understood, which is then left as it is."""


def decode(code: bytes) -> list[tuple[int, Op]]:
    """Instructions with their places, in order. Targets of jumps are places; a constant loaded from memory is a `movi`."""
    code = code + bytes(4)
    found: dict[int, Op] = {}
    to_do = [_first(code)]
    while to_do:
        place = to_do.pop()
        while place not in found:
            if place >= len(code) - 4:
                raise Unknown("runs over the end")
            size = 2 if code[place] & 8 else 3
            word = int.from_bytes(code[place : place + size], "little")
            op = _narrow(word, place) if size == 2 else _wide(word, place, code)
            found[place] = op
            if op.target >= 0:
                to_do.append(op.target)
            if op.name in ("j", "retw"):
                break
            place += size
    return sorted(found.items())


def _first(code: bytes) -> int:
    """Where the code begins: behind the jump over its constants, if there are any."""
    word = int.from_bytes(code[:3], "little")
    return 4 + signed(word >> 6, 18) if word & 0x3F == 6 else 0


def _narrow(word: int, place: int) -> Op:
    op, t, s, r = word & 15, word >> 4 & 15, word >> 8 & 15, word >> 12 & 15
    if op == 8:
        return Op("l32i", t, [s], 4 * r)
    if op == 9:
        return Op("s32i", -1, [t, s], 4 * r)
    if op == 10:
        return Op("add", r, [s, t])
    if op == 11:
        return Op("addi", r, [s], t or -1)
    if op == 12 and not t & 8:
        value = (t & 7) << 4 | r
        return Op("movi", s, [], value - 128 if value >= 96 else value)
    if op == 12:
        return Op("bnez" if t & 4 else "beqz", -1, [s], target=place + 4 + ((t & 3) << 4 | r))
    if op == 13 and r == 0:
        return Op("mov", t, [s])
    if op == 13 and r == 15 and t == 1:
        return Op("retw")
    raise Unknown(f"instruction {word:04x} at {place}")


def _wide(word: int, place: int, code: bytes) -> Op:
    op, t, s, r, op1, op2 = (word >> 4 * digit & 15 for digit in range(6))
    if op == 0:
        return _arithmetic(word, place, t, s, r, op1, op2)
    if op == 1:
        address = (place + 3 & ~3) + ((word >> 8) - 0x10000) * 4
        return Op("movi", t, [], struct.unpack_from("<i", code, address)[0])
    if op == 2:
        return _memory(word, place, t, s, r)
    if op == 6:
        return _jump(word, place, t, s, r)
    if op == 7 and r in _BRANCHES:
        return Op(_BRANCHES[r], -1, [s, t], target=place + 4 + signed(word >> 16, 8))
    raise Unknown(f"instruction {word:06x} at {place}")


def _arithmetic(word: int, place: int, t: int, s: int, r: int, op1: int, op2: int) -> Op:
    if op1 == 0 and op2 == 0 and r == 0 and t == 14:
        return Op("callx8", -1, [s])
    if op1 == 0 and op2 == 0 and r == 0 and t == 9:
        return Op("retw")
    if op1 == 0 and op2 in _PLAIN:
        return Op(_PLAIN[op2], r, [s, t])
    if op1 == 0 and op2 == 4 and r in (0, 1):
        return Op("ssl" if r else "ssr", -1, [s])
    if op1 == 0 and op2 == 6 and s == 0:
        return Op("neg", r, [t])
    if op1 == 0 and op2 >= 8:
        name = "add" if op2 < 12 else "sub"
        return Op(name + "x" if op2 & 3 else name, r, [s, t], op2 & 3)
    if op1 == 1 and op2 in (0, 1):
        return Op("slli", r, [s], 32 - (t | (op2 & 1) << 4))
    if op1 == 1 and op2 in (2, 3):
        return Op("srai", r, [t], s | (op2 & 1) << 4)
    if op1 == 1 and op2 == 4:
        return Op("srli", r, [t], s)
    if op1 == 1 and op2 in (9, 10, 11):
        return Op(("srl", "sll", "sra")[op2 - 9], r, [s if op2 == 10 else t])
    if op1 == 2 and op2 == 8:
        return Op("mull", r, [s, t])
    if op1 in (4, 5):
        return Op("extui", r, [t], s | (op1 & 1) << 4, op2 + 1)
    raise Unknown(f"instruction {word:06x} at {place}")


def _memory(word: int, place: int, t: int, s: int, r: int) -> Op:
    offset = word >> 16
    loads = {0: ("l8ui", 0), 1: ("l16ui", 1), 2: ("l32i", 2), 9: ("l16si", 1)}
    stores = {4: ("s8i", 0), 5: ("s16i", 1), 6: ("s32i", 2)}
    if r in loads:
        return Op(loads[r][0], t, [s], offset << loads[r][1])
    if r in stores:
        return Op(stores[r][0], -1, [t, s], offset << stores[r][1])
    if r == 10:
        return Op("movi", t, [], signed(s << 8 | offset, 12))
    if r == 12:
        return Op("addi", t, [s], signed(offset, 8))
    raise Unknown(f"instruction {word:06x} at {place}")


def _jump(word: int, place: int, t: int, s: int, r: int) -> Op:
    n, m = t & 3, t >> 2
    if n == 0:
        return Op("j", target=place + 4 + signed(word >> 6, 18))
    if n == 1:
        return Op(_WITH_ZERO[m], -1, [s], target=place + 4 + signed(word >> 12, 12))
    if n == 2:
        return Op(_WITH_CONSTANT[m], -1, [s], COMPARED[r], target=place + 4 + signed(word >> 16, 8))
    if n == 3 and m == 0:
        return Op("entry", -1, [], (word >> 12) * 8)
    raise Unknown(f"instruction {word:06x} at {place}")
