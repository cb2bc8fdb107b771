"""Keeps texts out of the node's table of names that are only used in units which are loaded for moments.

MicroPython makes a name of each short text in a module, and forgets none: `"replayed"` would cost a node memory for ever that refused one document
once. In a tuple a text is an object that goes with its unit. Only texts that are made to be told move there. One that something is compared with, or
looked for by, stays a name: of the same text in a document the node then has one for all places. In units that are used once, at boot, it moves too.
"""

import ast
from collections.abc import Collection, Iterator
from itertools import chain

from loa.provision.link.attributes import known_names
from loa.provision.link.modules import QSTR_MAX, Program
from loa.provision.link.scopes import bound, global_names

_TEXTS = "_texts"  # the tuple


def take_texts(program: Program, once: Collection[str] = ()) -> None:
    """Does that in all units but the joined module. `once`: units that are used at boot alone."""
    fixed = {*known_names(), *_names(program), *_texts(program.statements(program.joined)), *_looked_for(program, once)}
    for unit in program.units():
        if unit != program.joined:
            tree = program.trees[unit]
            taken = _Taken(unit, fixed)
            tree.body = [taken.visit(statement) for statement in tree.body]
            if taken.texts:
                texts = ast.Tuple([ast.Constant(text) for text in taken.texts], ast.Load())
                tree.body.insert(0, ast.fix_missing_locations(ast.Assign([ast.Name(f"{unit}:{_TEXTS}", ast.Store())], texts)))


class _Taken(ast.NodeTransformer):
    """Puts the place of a text in `texts` where the text was."""

    def __init__(self, unit: str, fixed: set[str]) -> None:
        self._unit = unit
        self._fixed = fixed
        self.texts: list[str] = []

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        text = node.value
        if not isinstance(text, str) or len(text) > QSTR_MAX or text in self._fixed:
            return node
        if text not in self.texts:
            self.texts.append(text)
        return ast.Subscript(ast.Name(f"{self._unit}:{_TEXTS}", ast.Load()), ast.Constant(self.texts.index(text)), ast.Load())

    def visit_Tuple(self, node: ast.Tuple) -> ast.AST:
        return node if all(isinstance(part, ast.Constant) for part in node.elts) else self.generic_visit(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        return node if isinstance(node.value, ast.Constant) else self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return node if node.decorator_list else self.generic_visit(node)  # it may be machine code


def _names(program: Program) -> Iterator[str]:
    """The names that the node has in any case; variables of functions have none there."""
    modules = [*program.roots, *program.late]
    yield from chain.from_iterable(module.split(".") for module in modules)
    yield from modules
    for tree in program.trees.values():
        in_classes = chain.from_iterable(bound(node.body) for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
        yield from chain((node.id for node in global_names(tree, "")), in_classes)
        for node in ast.walk(tree):
            if not isinstance(node, ast.ExceptHandler):
                names = [getattr(node, field, None) for field in ("attr", "arg", "name", "asname")]
                yield from (name for name in names if isinstance(name, str))


def _texts(statements: list[ast.stmt]) -> Iterator[str]:
    for node in chain.from_iterable(map(ast.walk, statements)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _looked_for(program: Program, once: Collection[str]) -> Iterator[str]:
    """Texts that are compared, and keys, but for those of units that are used `once`; what a document may have is a key of a dict in a late module."""
    for unit in program.units():
        for node in chain.from_iterable(map(ast.walk, program.statements(unit) if unit not in once else [])):
            found: list[ast.expr | None] = []
            match node:
                case ast.Compare(one, _, others):
                    found = [one, *others]
                case ast.Subscript(_, key):
                    found = [key]
                case ast.Dict(keys) if unit in program.late:
                    found = [*keys]
                case ast.Call(ast.Attribute(_, "get" | "pop"), [key, *_]) | ast.Call(ast.Name("getattr" | "hasattr"), [_, key, *_]):
                    found = [key]
            for part in filter(None, found):
                yield from (text.value for text in ast.walk(part) if isinstance(text, ast.Constant) and isinstance(text.value, str))
