"""Cheap names: for what modules define, and for the parameters of functions.

What a name costs a node are its letters and some 10 bytes, once. So the cheapest are those that the runtime has in its own image.
"""

import ast
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from itertools import chain, count, product
from keyword import iskeyword
from pathlib import Path
from string import ascii_letters, ascii_lowercase, ascii_uppercase

from loa.provision.link.constants import is_private
from loa.provision.link.modules import Definition, LinkError, Program

_BUILT_IN = Path(__file__).with_name("built_in_names.txt")


@cache
def built_in_names() -> tuple[str, ...]:
    """The names of constants and classes in the image of MicroPython, the shortest first."""
    return tuple(_BUILT_IN.read_text(encoding="utf-8").split())


def cheap_names(first: str = ascii_letters) -> Iterator[str]:
    """Those of constants and classes in the image of MicroPython, which begin with a capital; then the shortest that begin with a letter of `first`."""
    return chain(built_in_names(), short_names(first))


def short_names(first: str = ascii_letters) -> Iterator[str]:
    """Identifiers, the shortest first, that begin with a letter of `first`."""
    for length in count(1):
        for letters in product(first, *([ascii_letters] * (length - 1))):
            if not iskeyword(name := "".join(letters)):
                yield name


def rename_globals(program: Program, exports: Mapping[str, str], attributes: Collection[str]) -> dict[str, str]:
    """What each `module:name` is to be called. Nothing is changed yet. `attributes`: names that attributes have been given; in the body of a class one
    of them would hide a name of the module.

    Those of the joined module, of overlays and of late modules get capitals, which no variable of a function begins with; what comes from outside, what
    is exported, and what somebody may look for in a late module by its letters keeps its name.
    """
    names: dict[str, str] = {name: name.rpartition(".")[2].lstrip(":") for name in program.foreign}
    uses = Counter(node.id for tree in program.trees.values() for node in ast.walk(tree) if isinstance(node, ast.Name))
    for definition in (node for tree in program.trees.values() for node in tree.body if isinstance(node, Definition)):
        uses[definition.name] += 1
    own = sorted((name for name in uses if name.partition(":")[0]), key=lambda name: (-uses[name], name))
    asked = set(_asked_for(program))
    for name in own:
        module, _, plain = name.partition(":")
        if plain in asked and module in program.late and not is_private(name):
            names[name] = plain
    names.update(exports)
    taken = {*names.values(), *attributes, *(name for name in own if ":" not in name)}
    fresh = (name for name in cheap_names(ascii_uppercase) if name not in taken)
    for name in own:
        if ":" in name and name not in names and program.unit_of(name) == program.joined:
            names[name] = next(fresh)
    used = {unit: _used_in(program, unit) for unit in [*program.late, *program.overlays]}
    for unit in used:
        _name_in_unit(program, unit, used, names, taken)
    _refuse_twins(program, names)
    return names


def _asked_for(program: Program) -> Iterator[str]:
    """What is asked of objects, which a module can be."""
    for tree in program.trees.values():
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute):
                yield node.attr
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def _used_in(program: Program, unit: str) -> Counter[str]:
    nodes = [node for statement in program.statements(unit) for node in ast.walk(statement)]
    return Counter(node.id for node in nodes if isinstance(node, ast.Name)) + Counter(
        statement.name for statement in program.statements(unit) if isinstance(statement, Definition)
    )


def _name_in_unit(program: Program, unit: str, used: Mapping[str, Counter[str]], names: dict[str, str], taken: set[str]) -> None:
    """These units use the same names, each those that nothing has beside which its own are used."""
    own = [name for name in used[unit] if ":" in name and program.unit_of(name) == unit]
    beside = {other for there in used.values() if any(name in there for name in own) for other in there}
    others = {names[other] for other in beside if other in names}
    fresh = (name for name in cheap_names(ascii_uppercase) if name not in taken | others)
    for name in sorted(own, key=lambda name: (-used[unit][name], name)):
        if name not in names:
            names[name] = next(fresh)


def _refuse_twins(program: Program, names: Mapping[str, str]) -> None:
    """Two things of one name in a unit."""
    for unit in program.units():
        meant: dict[str, str] = {}
        for statement in program.statements(unit):
            for node in ast.walk(statement):
                if isinstance(node, ast.Name) and node.id in names and meant.setdefault(names[node.id], node.id) != node.id:
                    raise LinkError(f"{unit} uses {node.id} and {meant[names[node.id]]} under one name")


def rename_parameters(program: Program) -> None:
    """Short names for the parameters of all functions, except for those with which some call says what it gives."""
    named = {node.arg for tree in program.trees.values() for node in ast.walk(tree) if isinstance(node, ast.keyword)}
    for tree in program.trees.values():
        _rename_below(tree, named)


def _rename_below(tree: ast.AST, named: set[str | None]) -> None:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) and not _has_class(node):
            imported = {name for part in ast.walk(node) if isinstance(part, ast.alias) for name in (part.name, part.asname)}
            own = [argument.arg for argument in node.args.args if argument.arg not in named | imported and argument.arg != "self"]
            inside = _identifiers(node) - set(own)
            new = (letter for letter in ascii_lowercase if letter not in inside)
            names = dict(zip(own, new, strict=False))
            for argument in node.args.args:  # what it is called, its decorators and defaults belong to the scope outside
                argument.arg = names.get(argument.arg, argument.arg)
            for part in node.body if isinstance(node.body, list) else [node.body]:
                _Renamed(names).visit(part)
        _rename_below(node, named)


def _has_class(tree: ast.AST) -> bool:
    return any(isinstance(node, ast.ClassDef) for node in ast.walk(tree))


def _identifiers(tree: ast.AST) -> set[str]:
    """Everything in `tree` that a parameter's name could be taken for."""
    found = set()
    for node in ast.walk(tree):
        names = {name for name in (getattr(node, field, None) for field in ("id", "arg", "name", "asname")) if isinstance(name, str)}
        found |= {name.rpartition(":")[2].rpartition(".")[2] for name in names}  # of a module's names some lose all but their end
    return found


class _Renamed(ast.NodeTransformer):
    """Gives variables of a function the new names; what a call or an import names is not its own."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        if not isinstance(node, ast.keyword | ast.alias | ast.Attribute):
            for field in ("id", "name", "arg"):
                name = getattr(node, field, None)
                if isinstance(name, str):
                    setattr(node, field, self._names.get(name, name))
        return node
