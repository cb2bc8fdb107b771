"""Runs viper functions as an ESP32 does: their own machine code, instruction by instruction, counted.

The code that `mpy-cross` makes is translated into Python, block by block; pointers, wrapped integers and shifts are the chip's, and every
access outside a lent buffer, or not aligned, fails. Only what `mpy-cross` emits for viper is known (Xtensa ISA reference manual, chapters 4 to 6). Time is not:
the count is of instructions.
"""

import struct
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

_B4 = (-1, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 32, 64, 128, 256)
_TABLE_ENTRY = 0xF0000000  # entries of mp_fun_table stand for themselves
_OBJECT_TO_NATIVE, _NATIVE_TO_OBJECT = 3, 4  # in mp_fun_table_t, py/nativeglue.h
_GUARD = 64  # bytes around each buffer
_GUARD_FILL = 0xA5
_STACK_BYTES = 4096


class ChipError(Exception):
    """What would be an exception of the processor, or worse."""


class Memory:
    """The chip's memory, into which buffers are copied for a call and out of it behind. `instructions`: executed so far, by kernel."""

    def __init__(self, size: int = 1 << 20) -> None:
        self.octets = bytearray(size)
        self.words = memoryview(self.octets).cast("I")
        self.halves = memoryview(self.octets).cast("H")
        self.instructions: dict[str, int] = {}
        self._places: dict[tuple[int, int], int] = {}
        # The function object, its context and the tables that a prologue walks: see the offsets in `_prologue` of emitnative.c.
        self.function = 0x100
        self.words[(0x100 + 4) // 4] = 0x120
        self.words[(0x120 + 8) // 4] = 0x140
        self.words[(0x120 + 12) // 4] = 0x160
        for entry in range(40):  # the table of functions is one of the objects, where depends on how many there are
            self.words[0x160 // 4 + entry] = 0x200
        for entry in range(128):
            self.words[0x200 // 4 + entry] = _TABLE_ENTRY + 4 * entry
        self.arguments = 0x500
        self.stack = 0x800 + _STACK_BYTES
        self._free = 0x2000

    def place(self, buffer: Any) -> tuple[int, np.ndarray[Any, Any]]:
        """Address of a buffer, the same each time, and its bytes."""
        content = np.frombuffer(buffer, np.uint8) if len(buffer) else np.zeros(0, np.uint8)
        key = (content.ctypes.data, len(content))
        if key not in self._places:
            self._places[key] = self._free + _GUARD
            self._free += -(-len(content) // 16) * 16 + 2 * _GUARD
            if self._free > len(self.octets):
                raise ChipError("too many buffers")
        return self._places[key], content

    def lend(self, buffers: Sequence[tuple[int, np.ndarray[Any, Any]]]) -> None:
        """Copy in, with guards."""
        for address, content in buffers:
            self.octets[address - _GUARD : address] = bytes([_GUARD_FILL]) * _GUARD
            self.octets[address : address + len(content)] = content.tobytes()
            end = address + len(content)
            self.octets[end : end + _GUARD] = bytes([_GUARD_FILL]) * _GUARD

    def take_back(self, buffers: Sequence[tuple[int, np.ndarray[Any, Any]]], name: str) -> None:
        """Copy out; ChipError if a guard is touched."""
        guard = bytes([_GUARD_FILL]) * _GUARD
        for address, content in buffers:
            end = address + len(content)
            if self.octets[address - _GUARD : address] != guard or self.octets[end : end + _GUARD] != guard:
                raise ChipError(f"{name} wrote beside a buffer of {len(content)} bytes")
            held = self.octets[address:end]
            if content.tobytes() != held:
                if not content.flags.writeable:
                    raise ChipError(f"{name} wrote into constants")
                content[:] = np.frombuffer(held, np.uint8)


class Kernel:
    """One function. Called with integers and buffers it returns its integer as the chip has it, signed."""

    def __init__(self, name: str, code: bytes, memory: Memory) -> None:
        self.name = name
        self._memory = memory
        self._run = _translate(name, code)

    def __call__(self, *arguments: Any) -> int:
        memory = self._memory
        lent = []
        for number, argument in enumerate(arguments):
            if not isinstance(argument, int):
                lent.append(memory.place(argument))
                argument = lent[-1][0]
            memory.words[memory.arguments // 4 + number] = argument & 0xFFFFFFFF
        memory.lend(lent)
        result, count = self._run(memory, (memory.function, len(arguments), 0, memory.arguments))
        memory.take_back(lent, self.name)
        memory.instructions[self.name] = memory.instructions.get(self.name, 0) + count
        return int(result) - (1 << 32) if result >> 31 else int(result)


def _translate(name: str, code: bytes) -> Callable[[Memory, Sequence[int]], tuple[int, int]]:
    """A Python function that does what the code does."""
    code = code + bytes(-len(code) % 4 + 4)
    instructions = _decoded(code)
    starts = {_first(code)}
    for place, (size, line, target) in instructions.items():
        if target is not None:
            starts |= {target, place + size}
        elif line.startswith(("return", "a10 =")) and "call" in line:
            starts.add(place + size)
    lines = [
        "def run(memory, given):",
        " M8, M16, M32 = memory.octets, memory.halves, memory.words",
        " a1 = memory.stack; a0 = a6 = a7 = a8 = a9 = a10 = a11 = a12 = a13 = a14 = a15 = sar = 0",
        " a2, a3, a4, a5 = given; count = 0",
        f" pc = {_first(code)}",
        " while True:",
    ]
    ordered = sorted(starts & instructions.keys())
    lines += _tree(ordered, instructions, sorted(starts), 2)
    namespace: dict[str, Any] = {"literals": code, "call": _call, "aligned": _aligned, "ChipError": ChipError}
    exec(compile("\n".join(lines), f"<{name}>", "exec"), namespace)
    run: Callable[[Memory, Sequence[int]], tuple[int, int]] = namespace["run"]
    return run


def _tree(ordered: list[int], instructions: dict[int, tuple[int, str, int | None]], starts: list[int], depth: int) -> list[str]:
    """A binary search for the block at `pc`."""
    pad = " " * depth
    if len(ordered) == 1:
        return [pad + line for line in _block(ordered[0], instructions, set(starts))]
    middle = len(ordered) // 2
    return [
        f"{pad}if pc < {ordered[middle]}:",
        *_tree(ordered[:middle], instructions, starts, depth + 1),
        f"{pad}else:",
        *_tree(ordered[middle:], instructions, starts, depth + 1),
    ]


def _block(place: int, instructions: dict[int, tuple[int, str, int | None]], starts: set[int]) -> list[str]:
    body, count = [], 0
    while True:
        if place not in instructions:
            return [f"raise ChipError('no code at {place}')"]
        size, line, target = instructions[place]
        count += 1
        place += size
        if line.startswith("return"):
            return [f"count += {count}", *body, line]
        if target is not None:
            condition = line
            if condition == "True":
                return [f"count += {count}", *body, f"pc = {target}; continue"]
            return [f"count += {count}", *body, f"pc = {target} if {condition} else {place}; continue"]
        body.append(line)
        if place in starts:
            return [f"count += {count}", *body, f"pc = {place}; continue"]


def _first(code: bytes) -> int:
    """Where the code begins: behind the jump over its constants, if there are any."""
    word = code[0] | code[1] << 8 | code[2] << 16
    return 4 + _signed(word >> 6, 18) if word & 0x3F == 6 else 0


def _decoded(code: bytes) -> dict[int, tuple[int, str, int | None]]:
    """Of each place what Python does there and where it may jump to; found by following the code, since constants lie before it."""
    found: dict[int, tuple[int, str, int | None]] = {}
    to_do = [_first(code)]
    while to_do:
        place = to_do.pop()
        while place not in found and place < len(code) - 4:
            size = 2 if code[place] & 8 else 3
            word = int.from_bytes(code[place : place + size], "little")
            line, target = _narrow(word, place) if size == 2 else _wide(word, place, code)
            found[place] = (size, line, target)
            if target is not None:
                to_do.append(target)
            if line == "True" or line.startswith("return"):
                break
            place += size
    return found


def _signed(value: int, bits: int) -> int:
    return value - (1 << bits) if value >> bits - 1 else value


def _s(register: int) -> str:
    """A register as a signed number."""
    return f"((a{register} ^ 0x80000000) - 0x80000000)"


def _narrow(word: int, place: int) -> tuple[str, int | None]:
    op, t, s, r = word & 15, word >> 4 & 15, word >> 8 & 15, word >> 12 & 15
    if op == 8:
        return _load("M32", 2, t, s, 4 * r), None
    if op == 9:
        return _store("M32", 2, t, s, 4 * r), None
    if op == 10:
        return f"a{r} = a{s} + a{t} & 0xFFFFFFFF", None
    if op == 11:
        return f"a{r} = a{s} + {t or -1} & 0xFFFFFFFF", None
    if op == 12 and not t & 8:
        value = (t & 7) << 4 | r
        return f"a{s} = {(value - 128 if value >= 96 else value) & 0xFFFFFFFF}", None
    if op == 12:
        return f"a{s} {'!=' if t & 4 else '=='} 0", place + 4 + ((t & 3) << 4 | r)
    if op == 13 and r == 0:
        return f"a{t} = a{s}", None
    if op == 13 and r == 15 and t in (0, 1):
        return "return a2, count", None
    raise ChipError(f"instruction {word:04x} at {place}")


def _wide(word: int, place: int, code: bytes) -> tuple[str, int | None]:
    op, t, s, r, op1, op2 = (word >> 4 * digit & 15 for digit in range(6))
    if op == 0:
        return _arithmetic(word, place, t, s, r, op1, op2), None
    if op == 1:
        address = (place + 3 & ~3) + ((word >> 8) - 0x10000) * 4
        return f"a{t} = {struct.unpack_from('<I', code, address)[0]}", None
    if op == 2:
        return _memory(word, place, t, s, r), None
    if op == 6:
        return _jump(word, place, t, s, r)
    if op == 7:
        return _compare(r, s, t, place), place + 4 + _signed(word >> 16, 8)
    raise ChipError(f"instruction {word:06x} at {place}")


def _arithmetic(word: int, place: int, t: int, s: int, r: int, op1: int, op2: int) -> str:
    if op1 == 0 and op2 == 0 and r == 0 and t == 14:
        return f"a10 = call(a{s}, a10)"
    if op1 == 0 and op2 == 0 and r == 0 and t in (8, 9):
        return "return a2, count"
    plain = {1: "&", 2: "|", 3: "^"}
    if op1 == 0 and op2 in plain:
        return f"a{r} = a{s} {plain[op2]} a{t}"
    if op1 == 0 and op2 == 4 and r in (0, 1):
        return f"sar = a{s} & 31" if r == 0 else f"sar = 32 - (a{s} & 31)"
    if op1 == 0 and op2 == 6 and s == 0:
        return f"a{r} = -a{t} & 0xFFFFFFFF"
    if op1 == 0 and op2 >= 8:
        sign = "+" if op2 < 12 else "-"
        return f"a{r} = (a{s} << {op2 & 3}) {sign} a{t} & 0xFFFFFFFF"
    if op1 == 1 and op2 in (0, 1):
        return f"a{r} = a{s} << {32 - (t | (op2 & 1) << 4)} & 0xFFFFFFFF"
    if op1 == 1 and op2 in (2, 3):
        return f"a{r} = {_s(t)} >> {s | (op2 & 1) << 4} & 0xFFFFFFFF"
    if op1 == 1 and op2 == 4:
        return f"a{r} = a{t} >> {s}"
    if op1 == 1 and op2 == 9:
        return f"a{r} = a{t} >> sar"
    if op1 == 1 and op2 == 10:
        return f"a{r} = a{s} << 32 - sar & 0xFFFFFFFF"
    if op1 == 1 and op2 == 11:
        return f"a{r} = {_s(t)} >> sar & 0xFFFFFFFF"
    if op1 == 2 and op2 == 8:
        return f"a{r} = a{s} * a{t} & 0xFFFFFFFF"
    if op1 in (4, 5):
        return f"a{r} = a{t} >> {s | (op1 & 1) << 4} & {(2 << op2) - 1}"
    raise ChipError(f"instruction {word:06x} at {place}")


def _memory(word: int, place: int, t: int, s: int, r: int) -> str:
    offset = word >> 16
    kinds = {0: ("M8", 0), 1: ("M16", 1), 2: ("M32", 2)}
    if r in kinds:
        name, shift = kinds[r]
        return _load(name, shift, t, s, offset << shift)
    if r - 4 in kinds:
        name, shift = kinds[r - 4]
        return _store(name, shift, t, s, offset << shift)
    if r == 9:
        return f"a{t} = (M16[aligned(a{s} + {2 * offset}, 1)] ^ 0x8000) - 0x8000 & 0xFFFFFFFF"
    if r == 10:
        return f"a{t} = {_signed(s << 8 | offset, 12) & 0xFFFFFFFF}"
    if r == 12:
        return f"a{t} = a{s} + {_signed(offset, 8)} & 0xFFFFFFFF"
    if r == 13:
        return f"a{t} = a{s} + {_signed(offset, 8) * 256} & 0xFFFFFFFF"
    raise ChipError(f"instruction {word:06x} at {place}")


def _load(memory: str, shift: int, t: int, s: int, offset: int) -> str:
    address = f"a{s} + {offset}" if offset else f"a{s}"
    return f"a{t} = {memory}[{address}]" if not shift else f"a{t} = {memory}[aligned({address}, {shift})]"


def _store(memory: str, shift: int, t: int, s: int, offset: int) -> str:
    address = f"a{s} + {offset}" if offset else f"a{s}"
    mask = {0: " & 0xFF", 1: " & 0xFFFF", 2: ""}[shift]
    return f"{memory}[{address}] = a{t}{mask}" if not shift else f"{memory}[aligned({address}, {shift})] = a{t}{mask}"


def _jump(word: int, place: int, t: int, s: int, r: int) -> tuple[str, int | None]:
    n, m = t & 3, t >> 2
    if n == 0:
        return "True", place + 4 + _signed(word >> 6, 18)
    if n == 1:
        tests = (f"a{s} == 0", f"a{s} != 0", f"a{s} >> 31", f"not a{s} >> 31")
        return tests[m], place + 4 + _signed(word >> 12, 12)
    if n == 2:
        value = _B4[r]
        tests = (f"a{s} == {value & 0xFFFFFFFF}", f"a{s} != {value & 0xFFFFFFFF}", f"{_s(s)} < {value}", f"{_s(s)} >= {value}")
        return tests[m], place + 4 + _signed(word >> 16, 8)
    if m == 0:
        return f"a{s} -= {(word >> 12) * 8}", None
    raise ChipError(f"instruction {word:06x} at {place}")


def _compare(r: int, s: int, t: int, place: int) -> str:
    tests = {
        0: f"not a{s} & a{t}",
        1: f"a{s} == a{t}",
        2: f"{_s(s)} < {_s(t)}",
        3: f"a{s} < a{t}",
        8: f"a{s} & a{t}",
        9: f"a{s} != a{t}",
        10: f"{_s(s)} >= {_s(t)}",
        11: f"a{s} >= a{t}",
    }
    if r not in tests:
        raise ChipError(f"branch {r} at {place}")
    return tests[r]


def _call(address: int, argument: int) -> int:
    entry = address - _TABLE_ENTRY >> 2
    if entry not in (_OBJECT_TO_NATIVE, _NATIVE_TO_OBJECT):
        raise ChipError(f"a call of entry {entry} of mp_fun_table")
    return argument


def _aligned(address: int, shift: int) -> int:
    if address & (1 << shift) - 1:
        raise ChipError(f"an access of {1 << shift} bytes at {address:#x}")
    return address >> shift
