"""Puts small constants of modules where they are used, so that the node has no names for them."""

import ast
import operator
from collections import Counter
from collections.abc import Collection, Mapping

from loa.provision.link.modules import Program

Constant = int | str | None

_CONST = ":micropython.const"
_SMALL = 2**30  # from here on a number is an object on the heap, and one for each use would cost more than a name
_TEXT_MAX = 10  # letters; longer texts are objects as well
_OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
    ast.Pow: operator.pow,
}


def inline_constants(program: Program, keep: Collection[str]) -> None:
    """All but the names in `keep`, and the public ones of late modules, which others may look for in them."""
    assigned = Counter(
        node.id
        for module in program.units()
        for statement in program.statements(module)
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    )
    values: dict[str, Constant] = {}
    for module in [*program.order, *program.late]:
        body = []
        for statement in program.trees[module].body:
            target = _target(statement)
            if target is not None and isinstance(statement, ast.Assign):
                statement.value = _without_const(statement.value)
                value = _value(statement.value, values)
                if value is not _UNKNOWN and assigned[target] == 1 and target not in keep and _is_small(value):
                    values[target] = value  # type: ignore[assignment]
                    if module in program.order or is_private(target):
                        continue
            body.append(statement)
        program.trees[module].body = body
    for tree in program.trees.values():
        _Inlined(values).visit(tree)


_UNKNOWN = object()


def _target(statement: ast.stmt) -> str | None:
    """The name that a statement does nothing but assign to."""
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1 and isinstance(statement.targets[0], ast.Name):
        return statement.targets[0].id
    return None


def is_private(name: str) -> bool:
    """True for a `module:_name`, which is nobody else's."""
    return name.partition(":")[2].startswith("_")


def _without_const(node: ast.expr) -> ast.expr:
    """`const(x)` tells the compiler what is known by now."""
    return node.args[0] if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == _CONST else node


def _is_small(value: object) -> bool:
    return len(value) <= _TEXT_MAX if isinstance(value, str) else value is None or abs(value) < _SMALL  # type: ignore[arg-type]


def _value(node: ast.expr, values: Mapping[str, Constant]) -> object:
    """What an expression of constants is, or `_UNKNOWN`."""
    if isinstance(node, ast.Constant) and (node.value is None or isinstance(node.value, int | str)):
        return node.value
    if isinstance(node, ast.Name):
        return values.get(node.id, _UNKNOWN)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        operand = _value(node.operand, values)
        return -operand if isinstance(operand, int) else _UNKNOWN
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        left, right = _value(node.left, values), _value(node.right, values)
        if isinstance(left, int) and isinstance(right, int):
            return _OPERATORS[type(node.op)](left, right)
    return _UNKNOWN


class _Inlined(ast.NodeTransformer):
    def __init__(self, values: Mapping[str, Constant]) -> None:
        self._values = values

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if isinstance(node.ctx, ast.Load) and node.id in self._values:
            return ast.copy_location(ast.Constant(self._values[node.id]), node)
        return node
