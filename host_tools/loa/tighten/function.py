"""One viper function from machine code to better machine code.

`mpy-cross` translates one operation after the other: two locals live in registers, all others and every intermediate value in the frame, and each
operand is moved where the operation wants it. Here the whole function is looked at. What it computes, and every access to memory other than its
frame, stays as it was and in its order.
"""

from loa.tighten.decode import Unknown, decode
from loa.tighten.encode import encode
from loa.tighten.flow import blocks_of, name_webs
from loa.tighten.ops import FIRST_SLOT, FIRST_WEB, FRAME, MACHINE, Block, Op, all_ops
from loa.tighten.registers import NoRoom, allocate
from loa.tighten.simplify import simplify

_FROM_OBJECT, _TO_OBJECT = 12, 16  # places of what converts arguments and the result, in the table of functions (py/nativeglue.h)
_TABLE = 7  # the register that points to it
_ARGUMENT, _KIND = 10, 11  # registers of a call
_RESULT = 2
_SHIFTS = ("sll", "sra", "srl")
_ALIGN = 16


def tighten(code: bytes) -> bytes:
    """The code of a viper function, made smaller and faster; as it is where it does what is not understood here or where that gains nothing."""
    try:
        better = _tightened(code)
    except (Unknown, NoRoom):
        return code
    return better if len(better) < len(code) else code


def _tightened(code: bytes) -> bytes:
    ops = decode(code)
    body = _body_start(ops)
    prologue, rest = ops[:body], ops[body:]
    if _leaves(prologue) or _leaves(rest) or not rest:
        raise Unknown("jumps into the prologue or out of it")
    _only_results_converted(rest)
    blocks = blocks_of(_joined(rest))
    entry, frame_bytes = prologue[0][1], prologue[0][1].n
    _name(blocks, _stored(prologue))
    name_webs(blocks)
    blocks = simplify(blocks)
    end = allocate(blocks, frame_bytes - 32)  # the topmost 32 bytes are for the registers of the caller's callers
    entry.n = -(-(end + 32) // _ALIGN) * _ALIGN
    for op in all_ops(blocks):
        if op.name == "param":
            op.name, op.of = "l32i", [FRAME]
    return encode(blocks_of(prologue) + blocks)


def _body_start(ops: list[tuple[int, Op]]) -> int:
    """How many instructions belong to the prologue: all up to the last call that converts an argument."""
    if ops[0][1].name != "entry":
        raise Unknown("no entry")
    last = -1
    for at, (_, op) in enumerate(ops):
        if op.name == "callx8" and ops[at - 1][1].name == "l32i" and ops[at - 1][1].n == _FROM_OBJECT:
            last = at
    if last < 0:
        raise Unknown("no arguments")
    return last + 1


def _leaves(ops: list[tuple[int, Op]]) -> bool:
    return not {op.target for _, op in ops if op.target >= 0} <= {place for place, _ in ops}


def _only_results_converted(ops: list[tuple[int, Op]]) -> None:
    """Functions that call anything else are not for this: what a call reads and how it may end is not known."""
    for before, (place, op) in zip([None, *ops], ops, strict=False):
        if op.name == "callx8" and (before is None or before[1] != Op("l32i", op.of[0], [_TABLE], _TO_OBJECT)):
            raise Unknown(f"a call at {place}")


def _stored(prologue: list[tuple[int, Op]]) -> set[int]:
    """Cells of the frame that hold arguments."""
    return {op.n for _, op in prologue if op.name == "s32i" and op.of[1] == FRAME and op.n}


def _joined(ops: list[tuple[int, Op]]) -> list[tuple[int, Op]]:
    """Shifts by a register together with what sets their amount."""
    result: list[tuple[int, Op]] = []
    for place, op in ops:
        if op.name in _SHIFTS:
            at, setter = result.pop()
            if setter.name != ("ssl" if op.name == "sll" else "ssr"):
                raise Unknown(f"a shift by what was set before {place}")
            result.append((at, Op(op.name, op.to, [op.of[0], setter.of[0]])))
        else:
            result.append((place, op))
    return result


def _name(blocks: list[Block], arguments: set[int]) -> None:
    """Names instead of registers and of cells of the frame. The machine's registers are left where a call or the end of the function wants them."""
    for block in blocks:
        ops: list[Op] = []
        for op in block.ops:
            ops += _named(op)
        block.ops[:] = ops
    first = blocks[0]
    taken = [Op("mov", _variable(register), [register]) for register in (2, 3, 4, 5, 6, _TABLE, _ARGUMENT)]
    taken += [Op("param", FIRST_SLOT + cell, [], cell) for cell in sorted(arguments)]
    blocks.insert(0, Block(-2, taken))
    if first.label < 0:
        raise Unknown("no place")


def _variable(register: int) -> int:
    return MACHINE + register


def _named(op: Op) -> list[Op]:
    if op.name == "callx8":
        return [
            *(Op("mov", register, [_variable(register)]) for register in (_ARGUMENT, _KIND)),
            Op("callx8", -1, [_variable(op.of[0]), _ARGUMENT, _KIND]),
            Op("mov", _variable(_ARGUMENT), [_ARGUMENT]),
        ]
    if op.name == "retw":
        return [Op("mov", _RESULT, [_variable(_RESULT)]), Op("retw", -1, [_RESULT])]
    frame = op.of[-1:] == [FRAME]
    if op.name == "l32i" and frame:
        if op.n == 0:
            return [op]
        return [Op("mov", _variable(op.to), [FIRST_SLOT + op.n])]
    if op.name == "s32i" and frame and op.n:
        return [Op("mov", FIRST_SLOT + op.n, [_variable(op.of[0])])]
    if FRAME in op.of or op.to == FRAME or 0 in op.of or op.name in ("entry", "ssl", "ssr"):
        raise Unknown(op.name)
    if op.to >= 0:
        op.to = _variable(op.to)
    op.of = [_variable(register) for register in op.of]
    return [op]


assert FIRST_SLOT < FIRST_WEB
