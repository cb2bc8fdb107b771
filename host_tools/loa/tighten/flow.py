"""The shape of a function: its blocks, which values live where, and one name for each value that a register or a cell of the frame holds in turn."""

from collections.abc import Callable

from loa.tighten.ops import ENDS, FIRST_WEB, MACHINE, Block, Op, predecessors, successors


def blocks_of(ops: list[tuple[int, Op]]) -> list[Block]:
    """Cut before every target and behind every jump; labels are places."""
    heads = {op.target for _, op in ops if op.target >= 0}
    blocks: list[Block] = []
    ended = True
    for place, op in ops:
        if ended or place in heads:
            blocks.append(Block(place, []))
        blocks[-1].ops.append(op)
        ended = op.name in ENDS
    return blocks


def live_out(blocks: list[Block], kept: Callable[[int], bool] = lambda register: True) -> dict[int, set[int]]:
    """Registers whose values are wanted behind each block, of those that are `kept` in view."""
    uses, kills = {}, {}
    for block in blocks:
        used: set[int] = set()
        killed: set[int] = set()
        for op in block.ops:
            used |= {register for register in op.of if register not in killed and kept(register)}
            killed |= set(op.writes)
        uses[block.label], kills[block.label] = used, killed
    after = successors(blocks)
    before = predecessors(blocks)
    live_in = dict(uses)
    to_do = {block.label for block in blocks}
    while to_do:
        label = to_do.pop()
        out: set[int] = set()
        for other in after[label]:
            out |= live_in[other]
        wanted = uses[label] | out - kills[label]
        if wanted != live_in[label]:
            live_in[label] = wanted
            to_do |= set(before[label])
    result = {}
    for block in blocks:
        out = set()
        for other in after[block.label]:
            out |= live_in[other]
        result[block.label] = out
    return result


def reachable(blocks: list[Block]) -> list[Block]:
    after = successors(blocks)
    seen = {blocks[0].label}
    to_do = [blocks[0].label]
    while to_do:
        for label in after[to_do.pop()]:
            if label not in seen:
                seen.add(label)
                to_do.append(label)
    return [block for block in blocks if block.label in seen]


def name_webs(blocks: list[Block]) -> int:
    """Give each set of definitions that reach common uses a register of its own; returns how many there are."""
    definitions: list[tuple[Op, int]] = []
    of_register: dict[int, int] = {}  # all definitions of a register, as bits
    for block in blocks:
        for op in block.ops:
            if op.to >= MACHINE:
                of_register[op.to] = of_register.get(op.to, 0) | 1 << len(definitions)
                definitions.append((op, op.to))
    reaching = _reaching(blocks, of_register)
    parents = list(range(len(definitions)))

    def root(at: int) -> int:
        while parents[at] != at:
            parents[at] = parents[parents[at]]
            at = parents[at]
        return at

    at = 0
    uses: list[tuple[Op, int, int]] = []
    for block in blocks:
        here: dict[int, int] = {}
        coming = reaching[block.label]
        for op in block.ops:
            for position, register in enumerate(op.of):
                if register < MACHINE:
                    continue
                bits = here.get(register, -1)
                if bits < 0:
                    bits = coming & of_register.get(register, 0)
                first = -1
                while bits:
                    one = (bits & -bits).bit_length() - 1
                    bits &= bits - 1
                    if first < 0:
                        first = one
                    else:
                        parents[root(one)] = root(first)
                uses.append((op, position, first))
            if op.to >= MACHINE:
                here[op.to] = 1 << at
                at += 1
    for op, position, first in uses:
        # What no definition reaches is whatever lay there; code of viper does not depend on it.
        op.of[position] = FIRST_WEB + (root(first) if first >= 0 else len(definitions))
    for number, (op, _) in enumerate(definitions):
        op.to = FIRST_WEB + root(number)
    return len(definitions) + 1


def _reaching(blocks: list[Block], of_register: dict[int, int]) -> dict[int, int]:
    """Definitions, as bits, that may still hold where each block begins."""
    gives: dict[int, int] = {}
    keeps: dict[int, int] = {}
    at = 0
    for block in blocks:
        last: dict[int, int] = {}
        for op in block.ops:
            if op.to >= MACHINE:
                last[op.to] = 1 << at
                at += 1
        gives[block.label] = sum(last.values())
        keeps[block.label] = ~sum(of_register[register] for register in last)
    before = predecessors(blocks)
    after = successors(blocks)
    coming = dict.fromkeys(gives, 0)
    to_do = set(gives)
    while to_do:
        label = to_do.pop()
        found = 0
        for other in before[label]:
            found |= gives[other] | coming[other] & keeps[other]
        if found != coming[label] or label in to_do:
            coming[label] = found
            to_do |= set(after[label])
    return coming
