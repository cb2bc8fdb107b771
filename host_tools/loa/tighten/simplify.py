"""Fewer instructions for the same result: constants and copies followed, comparisons that branch at once, what nobody reads left out."""

from collections.abc import Callable

from loa.tighten.decode import COMPARED
from loa.tighten.flow import live_out, reachable
from loa.tighten.ops import INVERSE, MACHINE, WORD, Block, Op, all_ops, predecessors, signed

_IMMEDIATE = range(-128, 128)
_ROUNDS = 4


def simplify(blocks: list[Block]) -> list[Block]:
    for _ in range(_ROUNDS):
        blocks = _straighten(blocks)
        constants = _constants(blocks)
        for block in blocks:
            _Follower(constants).block(block)
        _leave_out(blocks)
    return blocks


def _straighten(blocks: list[Block]) -> list[Block]:
    """Branches as direct as they can be."""
    changed = True
    while changed:
        blocks = reachable(blocks)
        changed = _thread(blocks) or _compare(blocks) or _invert(blocks)
        blocks = reachable(blocks)
        changed = _merge(blocks) or changed
    return blocks


def _thread(blocks: list[Block]) -> bool:
    """A jump to a block that only jumps goes where that one goes; a jump to what follows is none."""
    at = {block.label: number for number, block in enumerate(blocks)}
    changed = False

    def end(label: int) -> int:
        seen = set()
        while label not in seen:
            seen.add(label)
            number = at[label]
            while not blocks[number].ops:
                number += 1
            label = blocks[number].label
            if blocks[number].ops[0].name != "j":
                break
            label = blocks[number].ops[0].target
        return label

    for number, block in enumerate(blocks):
        last = block.last
        if last is None or last.target < 0:
            continue
        target = end(last.target)
        if target != last.target:
            last.target = target
            changed = True
        following = number + 1
        while following < len(blocks) and not blocks[following].ops and blocks[following].label != last.target:
            following += 1
        if following < len(blocks) and blocks[following].label == last.target:
            block.ops.pop()
            changed = True
    return changed


def _compare(blocks: list[Block]) -> bool:
    """`movi r, 1; branch over; movi r, 0; branch on r` is one branch."""
    before = predecessors(blocks)
    live = None
    changed = False
    for number in range(len(blocks) - 2):
        first, second, third = blocks[number : number + 3]
        if len(first.ops) < 2 or first.last is None or first.last.name not in INVERSE or first.last.target != third.label:
            continue
        one = first.ops[-2]
        if one.name != "movi" or one.n != 1 or len(second.ops) != 1 or second.ops[0].name != "movi" or second.ops[0].n != 0:
            continue
        zero = second.ops[0]
        if one.to != zero.to or one.to in first.last.of or len(third.ops) != 1 or third.ops[0].name not in ("beqz", "bnez"):
            continue
        if third.ops[0].of != [one.to] or sorted(before[third.label]) != sorted([first.label, second.label]):
            continue
        if before[second.label] != [first.label]:
            continue
        live = live or live_out(blocks)
        if one.to in live[third.label]:
            continue
        branch = first.last
        if third.ops[0].name == "beqz":
            branch.name = INVERSE[branch.name]
        branch.target = third.ops[0].target
        del first.ops[-2]
        second.ops.clear()
        third.ops.clear()
        return True
    return changed


def _invert(blocks: list[Block]) -> bool:
    """A branch over a jump is the opposite branch."""
    before = predecessors(blocks)
    for number in range(len(blocks) - 2):
        first, second, third = blocks[number : number + 3]
        last = first.last
        if last is None or last.name not in INVERSE or last.target != third.label:
            continue
        if len(second.ops) != 1 or second.ops[0].name != "j" or before[second.label] != [first.label]:
            continue
        last.name = INVERSE[last.name]
        last.target = second.ops[0].target
        second.ops.clear()
        return True
    return False


def _merge(blocks: list[Block]) -> bool:
    """A block that only follows another one is part of it."""
    before = predecessors(blocks)
    for number in range(len(blocks) - 1):
        first, second = blocks[number : number + 2]
        if first.last is None and before[second.label] == [first.label]:
            first.ops += second.ops
            del blocks[number + 1]
            return True
    return False


def _constants(blocks: list[Block]) -> dict[int, int]:
    """Registers that hold one and the same constant wherever they are written."""
    held: dict[int, int | None] = {}
    for op in all_ops(blocks):
        for register in op.writes:
            value = op.n & WORD if op.name == "movi" else None
            held[register] = value if register not in held or held[register] == value else None
    return {register: value for register, value in held.items() if value is not None and register >= MACHINE}


def _leave_out(blocks: list[Block]) -> None:
    """Drop what makes only values that nobody reads."""
    out = live_out(blocks)
    for block in blocks:
        live = set(out[block.label])
        kept = []
        for op in reversed(block.ops):
            if op.pure and op.to not in live:
                continue
            live -= set(op.writes)
            live |= set(op.of)
            kept.append(op)
        block.ops[:] = kept[::-1]


class _Follower:
    """Follows what is known of the registers through one block."""

    def __init__(self, constants: dict[int, int]) -> None:
        self._everywhere = constants
        self._version: dict[int, int] = {}
        self._constant: dict[int, int] = {}
        self._copy: dict[int, tuple[int, int]] = {}
        self._made: dict[
            int, tuple[Op, tuple[int, ...]]
        ] = {}  # how a register's value was computed, with the versions of what it was computed from
        self._known: dict[tuple[object, ...], tuple[int, int]] = {}  # and where a result lies
        self._home: dict[int, tuple[int, int]] = {}  # a register that holds a constant

    def block(self, block: Block) -> None:
        done = []
        for op in block.ops:
            self._replace(op)
            self._fold(op)
            if not (op.name == "mov" and op.to == op.of[0]):
                done.append(op)
            self._note(op)
        block.ops[:] = done

    def _at(self, register: int) -> int:
        return self._version.get(register, 0)

    def _value(self, register: int) -> int | None:
        value = self._constant.get(register)
        return self._everywhere.get(register) if value is None else value

    def _replace(self, op: Op) -> None:
        for position, register in enumerate(op.of):
            if register in self._copy:
                source, version = self._copy[register]
                if self._at(source) == version:
                    op.of[position] = register = source
            value = self._value(register)
            if value is not None and value in self._home:
                home, version = self._home[value]
                if self._at(home) == version:
                    op.of[position] = home

    def _fold(self, op: Op) -> None:
        values = [self._value(register) if register >= MACHINE else None for register in op.of]
        if op.name in INVERSE:
            _fold_branch(op, values)
            return
        if op.name == "mov" and values[0] is not None:
            _become(op, "movi", [], signed(values[0]))
        elif op.name in _FOLDS:
            _FOLDS[op.name](op, values)
        if op.name == "extui" and op.n == 0:
            self._shifted(op)
        if op.pure and op.of and op.name not in ("mov", "param") and not op.name.startswith("l"):
            key = (op.name, *((register, self._at(register)) for register in op.of), op.n, op.m)
            if key in self._known:
                place, version = self._known[key]
                if self._at(place) == version and op.to != place:
                    _become(op, "mov", [place])

    def _shifted(self, op: Op) -> None:
        """Bits of a shifted value are bits of the value."""
        source = op.of[0]
        if source in self._made:
            made, versions = self._made[source]
            if made.name in ("srai", "srli") and made.n + op.m <= 32 and versions == tuple(map(self._at, made.of)):
                _become(op, "extui", list(made.of), made.n, op.m)

    def _note(self, op: Op) -> None:
        before = tuple(map(self._at, op.of))
        for register in op.writes:
            self._version[register] = self._at(register) + 1
            self._constant.pop(register, None)
            self._copy.pop(register, None)
            self._made.pop(register, None)
        if op.to < MACHINE:
            return
        now = (op.to, self._at(op.to))
        if op.name == "movi":
            self._constant[op.to] = op.n & WORD
            self._home.setdefault(op.n & WORD, now)
            home, version = self._home[op.n & WORD]
            if self._at(home) != version:
                self._home[op.n & WORD] = now
        elif op.name == "mov":
            if op.of[0] >= MACHINE:
                self._copy[op.to] = (op.of[0], self._at(op.of[0]))
        elif op.pure and op.of and op.to not in op.of:
            self._made[op.to] = (Op(op.name, op.to, list(op.of), op.n, op.m), before)
            if not op.name.startswith("l"):
                self._known[(op.name, *zip(op.of, before, strict=True), op.n, op.m)] = now


def _become(op: Op, name: str, of: list[int], n: int = 0, m: int = 0) -> None:
    op.name, op.of, op.n, op.m = name, of, n, m


def _fold_branch(op: Op, values: list[int | None]) -> None:
    if len(op.of) == 1:
        return
    one, other = values
    if one is not None and other is None and op.name in ("beq", "bne"):
        op.of.reverse()
        one, other = other, one
    if other is not None and one is None:
        value = signed(other)
        if value == 0 and op.name in ("beq", "bne", "blt", "bge"):
            _become(op, op.name + "z", op.of[:1])
        elif value in COMPARED and op.name in ("beq", "bne", "blt", "bge"):
            _become(op, op.name + "i", op.of[:1], value)
    elif one is not None and other is None and op.name in ("blt", "bge"):
        value = signed(one) + 1  # one < x is not x < one + 1
        if value == 0 or value in COMPARED:
            name = "bge" if op.name == "blt" else "blt"
            _become(op, name + ("i" if value else "z"), op.of[1:], value)


def _all(function: Callable[[int, int], int]) -> Callable[[Op, list[int | None]], bool]:
    def fold(op: Op, values: list[int | None]) -> bool:
        one, other = values
        if one is None or other is None:
            return False
        _become(op, "movi", [], signed(function(one, other)))
        return True

    return fold


def _add(op: Op, values: list[int | None]) -> None:
    if _all(lambda a, b: a + b)(op, values):
        return
    if values[0] is not None:
        op.of.reverse()
        values = values[::-1]
    if values[1] is not None and signed(values[1]) in _IMMEDIATE:
        n = signed(values[1])
        _become(op, "addi" if n else "mov", op.of[:1], n)


def _subtract(op: Op, values: list[int | None]) -> None:
    if _all(lambda a, b: a - b)(op, values):
        return
    if values[1] is not None and -signed(values[1]) in _IMMEDIATE:
        n = -signed(values[1])
        _become(op, "addi" if n else "mov", op.of[:1], n)
    elif values[0] == 0:
        _become(op, "neg", op.of[1:])


def _add_constant(op: Op, values: list[int | None]) -> None:
    if values[0] is not None:
        _become(op, "movi", [], signed(values[0] + op.n))


def _mask(op: Op, values: list[int | None]) -> None:
    if _all(lambda a, b: a & b)(op, values):
        return
    if values[0] is not None:
        op.of.reverse()
        values = values[::-1]
    mask = values[1]
    if mask is not None and mask & mask + 1 == 0 and 0 < mask < 1 << 16:
        _become(op, "extui", op.of[:1], 0, mask.bit_length())


def _multiply(op: Op, values: list[int | None]) -> None:
    if _all(lambda a, b: a * b)(op, values):
        return
    if values[0] is not None:
        op.of.reverse()
        values = values[::-1]
    factor = values[1]
    if factor is None:
        return
    if factor and factor & factor - 1 == 0:
        shift = factor.bit_length() - 1
        _become(op, "slli" if shift else "mov", op.of[:1], shift)
    elif factor in (3, 5, 9):
        _become(op, "addx", op.of[:1] * 2, {3: 1, 5: 2, 9: 3}[factor])


def _left(op: Op, values: list[int | None]) -> None:
    if values[1] is None:
        return
    shift = values[1] & 31
    if values[0] is not None:
        _become(op, "movi", [], signed(values[0] << shift))
    else:
        _become(op, "slli" if shift else "mov", op.of[:1], shift)


def _right(op: Op, values: list[int | None]) -> None:
    if values[1] is None:
        return
    shift = values[1] & 31
    if values[0] is not None:
        _become(op, "movi", [], signed(values[0]) >> shift)
    else:
        _become(op, "srai" if shift else "mov", op.of[:1], shift)


_FOLDS: dict[str, Callable[[Op, list[int | None]], object]] = {
    "add": _add,
    "sub": _subtract,
    "and": _mask,
    "or": _all(lambda a, b: a | b),
    "xor": _all(lambda a, b: a ^ b),
    "mull": _multiply,
    "addi": _add_constant,
    "sll": _left,
    "sra": _right,
}
