"""Values into the machine's registers, by colouring the graph of those that live at one time (Chaitin, Briggs); what finds none goes to the frame.

Copies between values that may share a register vanish. A constant that finds no register is made anew where it is used, an argument read from where
the prologue left it.
"""

from collections import defaultdict

from loa.tighten.flow import live_out
from loa.tighten.ops import FRAME, MACHINE, Block, Op, all_ops, depths

_REGISTERS = range(2, 16)
_HOMES_END = 1020  # bytes of the frame that a load reaches
_PRECIOUS = float("inf")


class NoRoom(Exception):
    """The frame would become too large."""


def allocate(blocks: list[Block], home: int) -> int:
    """Give every value a register; new cells of the frame begin at byte `home`. Returns where they end."""
    short: set[int] = set()  # values that live from one instruction to the next
    number = max([register for op in all_ops(blocks) for register in (op.to, *op.of)], default=0) + 1
    while True:
        graph = _Graph(blocks, short)
        graph.coalesce()
        colours, spilled = graph.colours()
        if not spilled:
            _paint(blocks, graph, colours)
            return home
        for value in spilled:
            number, home = _spill(blocks, value, graph, number, home, short)
            if home > _HOMES_END:
                raise NoRoom


class _Graph:
    def __init__(self, blocks: list[Block], short: set[int]) -> None:
        self.parents: dict[int, int] = {}
        self.beside: dict[int, set[int]] = defaultdict(set)
        self.cost: dict[int, float] = defaultdict(float)
        self.copies: list[tuple[float, int, int]] = []
        out = live_out(blocks, lambda register: register > FRAME)
        depth = depths(blocks)
        for block in blocks:
            weight = 8.0 ** depth[block.label]
            live = set(out[block.label])
            for op in reversed(block.ops):
                writes = [register for register in op.writes if register > FRAME]
                around = live - set(op.of[:1]) if op.name == "mov" else live
                for register in writes:
                    self._meet(register, around)
                    self._meet(register, set(writes))
                live -= set(writes)
                live |= {register for register in op.of if register > FRAME}
                for register in (*writes, *op.of):
                    self.cost[register] += weight
                if op.name == "mov":
                    self.copies.append((weight, op.to, op.of[0]))
        for register in _REGISTERS:
            self._meet(register, set(_REGISTERS))
        for register in short:
            self.cost[register] = _PRECIOUS
        self.nodes = {register for register in (*self.cost, *self.beside) if register >= MACHINE}

    def _meet(self, register: int, others: set[int]) -> None:
        for other in others:
            if other != register:
                self.beside[register].add(other)
                self.beside[other].add(register)

    def root(self, register: int) -> int:
        while register in self.parents:
            register = self.parents[register]
        return register

    def coalesce(self) -> None:
        """Make one of two values that are copied, where they never live at one time and it costs no third one its register."""
        changed = True
        while changed:
            changed = False
            for _, one, other in sorted(self.copies, reverse=True):
                one, other = self.root(one), self.root(other)
                if one == other or other in self.beside[one]:
                    continue
                if one < MACHINE:
                    one, other = other, one
                if one < MACHINE or not self._harmless(one, other):
                    continue
                self._merge(one, other)
                changed = True

    def _harmless(self, value: int, other: int) -> bool:
        k = len(_REGISTERS)
        if other < MACHINE:  # George: whoever is beside `value` is beside `other` already or has room enough
            return all(near < MACHINE or other in self.beside[near] or len(self.beside[near]) < k for near in self.beside[value])
        both = self.beside[value] | self.beside[other]
        return sum(1 for near in both if near < MACHINE or len(self.beside[near]) >= k) < k  # Briggs

    def _merge(self, value: int, into: int) -> None:
        self.parents[value] = into
        for near in self.beside.pop(value):
            self.beside[near].discard(value)
            self.beside[near].add(into)
            self.beside[into].add(near)
        self.cost[into] += self.cost.pop(value, 0.0)
        self.nodes.discard(value)

    def colours(self) -> tuple[dict[int, int], list[int]]:
        """A register for each value, and the values for which there is none."""
        k = len(_REGISTERS)
        degree = {node: len(self.beside[node]) for node in self.nodes}
        left = set(self.nodes)
        order = []
        easy = [node for node in left if degree[node] < k]
        while left:
            while easy:
                node = easy.pop()
                if node not in left:
                    continue
                self._take(node, left, degree, easy, k)
                order.append(node)
            if left:
                node = min(left, key=lambda one: (self.cost[one] / max(degree[one], 1), one))
                self._take(node, left, degree, easy, k)
                order.append(node)
        colours: dict[int, int] = {register: register for register in _REGISTERS}
        spilled = []
        for node in reversed(order):
            taken = {colours[near] for near in self.beside[node] if near in colours}
            free = [register for register in _REGISTERS if register not in taken]
            if free:
                colours[node] = free[-1]
            else:
                spilled.append(node)
        return colours, spilled

    def _take(self, node: int, left: set[int], degree: dict[int, int], easy: list[int], k: int) -> None:
        left.discard(node)
        for near in self.beside[node]:
            if near in left:
                degree[near] -= 1
                if degree[near] == k - 1:
                    easy.append(near)


def _paint(blocks: list[Block], graph: _Graph, colours: dict[int, int]) -> None:
    def register(one: int) -> int:
        return colours[graph.root(one)] if one > FRAME else one

    for block in blocks:
        for op in block.ops:
            if op.to >= 0:
                op.to = register(op.to)
            op.of = [register(one) for one in op.of]
        block.ops[:] = [op for op in block.ops if not (op.name == "mov" and op.to == op.of[0])]


def _spill(blocks: list[Block], value: int, graph: _Graph, number: int, home: int, short: set[int]) -> tuple[int, int]:
    """Keep a value in the frame: a register of its own for each instruction that reads or writes it."""
    makers = [op for op in all_ops(blocks) if op.to >= MACHINE and graph.root(op.to) == value]
    again = _again(makers)
    arguments = {op.n for op in makers if op.name == "param"}
    cell = home
    if again is None:
        if len(arguments) == 1:
            cell = arguments.pop()
        else:
            home += 4
    for block in blocks:
        ops: list[Op] = []
        for op in block.ops:
            if op in makers and (again is not None or (op.name == "param" and op.n == cell)):
                continue
            if any(one >= MACHINE and graph.root(one) == value for one in op.of):
                ops.append(Op(again.name, number, [], again.n) if again else Op("l32i", number, [FRAME], cell))
                op.of = [number if one >= MACHINE and graph.root(one) == value else one for one in op.of]
                short.add(number)
                number += 1
            ops.append(op)
            if op.to >= MACHINE and graph.root(op.to) == value:
                op.to = number
                ops.append(Op("s32i", -1, [number, FRAME], cell))
                short.add(number)
                number += 1
        block.ops[:] = ops
    return number, home


def _again(makers: list[Op]) -> Op | None:
    """What makes the value anew, if that is one and the same everywhere."""
    first = makers[0]
    if first.name in ("movi", "param") and all((op.name, op.n) == (first.name, first.n) for op in makers):
        return first
    return None
