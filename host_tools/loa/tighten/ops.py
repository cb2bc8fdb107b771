"""Instructions of the Xtensa processor as viper uses them: what each reads and writes, and pieces of code that run from top to bottom.

Registers 0 to 15 are the machine's; whatever is above stands for a value that has no register yet.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

MACHINE = 16
FRAME = 1  # the register that points to the frame on the stack
FIRST_SLOT = 1 << 12  # a cell of the frame at byte k is FIRST_SLOT + k
FIRST_WEB = 1 << 16

SIGN = 1 << 31
WORD = (1 << 32) - 1

# By name: conditions of a branch, and what each is when it is not.
INVERSE = {
    "beq": "bne", "blt": "bge", "bltu": "bgeu", "bany": "bnone",
    "beqz": "bnez", "bltz": "bgez", "beqi": "bnei", "blti": "bgei",
}  # fmt: skip
INVERSE |= {after: before for before, after in INVERSE.items()}
ENDS = (*INVERSE, "j", "retw")
LOADS = {"l8ui": 0, "l16ui": 1, "l16si": 1, "l32i": 2}  # and the power of two by which an offset is counted
STORES = {"s8i": 0, "s16i": 1, "s32i": 2}
# What has no effect but its result.
PURE = {
    "mov", "movi", "add", "sub", "and", "or", "xor", "mull", "mulsh", "neg", "addi", "addx", "subx", "slli", "srai", "srli", "extui",
    "sll", "sra", "srl", "src", "param", *LOADS,
}  # fmt: skip


@dataclass(slots=True)
class Op:
    """`to`: the register written, -1 for none. `of`: those read, in the order of the operands. `n`, `m`: immediate operands. `target`: of a jump.

    A store reads value and base. `sll`, `sra` and `srl` by a register are with the instruction that sets the amount; `src` with its own. `param`
    is an argument that the prologue left in the frame at byte `n`.
    """

    name: str
    to: int = -1
    of: list[int] = field(default_factory=list)
    n: int = 0
    m: int = 0
    target: int = -1

    @property
    def pure(self) -> bool:
        return self.name in PURE

    @property
    def writes(self) -> tuple[int, ...]:
        if self.name == "callx8":  # the callee's window begins at register 8
            return tuple(range(8, 16))
        return (self.to,) if self.to >= 0 else ()


@dataclass(slots=True)
class Block:
    """Instructions that run one after the other; only the last may jump, and where it need not, the next block follows."""

    label: int
    ops: list[Op]

    @property
    def last(self) -> Op | None:
        return self.ops[-1] if self.ops and self.ops[-1].name in ENDS else None

    @property
    def falls_through(self) -> bool:
        return self.last is None or self.last.name not in ("j", "retw")


def successors(blocks: list[Block]) -> dict[int, list[int]]:
    """Labels of the blocks that may come after each."""
    result = {}
    for at, block in enumerate(blocks):
        to = [blocks[at + 1].label] if block.falls_through else []
        if block.last and block.last.target >= 0:
            to.append(block.last.target)
        result[block.label] = to
    return result


def predecessors(blocks: list[Block]) -> dict[int, list[int]]:
    result: dict[int, list[int]] = {block.label: [] for block in blocks}
    for label, to in successors(blocks).items():
        for after in to:
            result[after].append(label)
    return result


def depths(blocks: list[Block]) -> dict[int, int]:
    """In how many loops each block lies: a jump back makes one of all that it spans."""
    place = {block.label: at for at, block in enumerate(blocks)}
    depth = [0] * len(blocks)
    heads: dict[int, int] = {}
    for at, block in enumerate(blocks):
        if block.last and block.last.target >= 0 and place[block.last.target] <= at:
            heads[place[block.last.target]] = max(at, heads.get(place[block.last.target], 0))
    for head, end in heads.items():
        for at in range(head, end + 1):
            depth[at] += 1
    return {block.label: depth[at] for at, block in enumerate(blocks)}


def all_ops(blocks: list[Block]) -> Iterator[Op]:
    for block in blocks:
        yield from block.ops


def signed(value: int, bits: int = 32) -> int:
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> bits - 1 else value
