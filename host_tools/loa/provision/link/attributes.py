"""Gives the attributes of the application's objects cheap names, of which different classes share the same ones.

What a name costs the node it costs once, however many classes use it. So two attributes may have one name if no object has both. An attribute
keeps its name if an object that is not the application's might have it too (`micropython_names.txt`), unless it begins with `_` and is asked of `self`
alone; or if somebody asks for it by its letters (`getattr`, `namedtuple`).
"""

import ast
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache
from itertools import chain
from pathlib import Path

from loa.provision.link.letters import cheap_names
from loa.provision.link.modules import Program
from loa.provision.link.scopes import bound
from loa.provision.link.uses import asked_by_text, is_self

_NAMES = Path(__file__).with_name("micropython_names.txt")
_EXCEPTION = "Exception"  # the only class from outside whose attributes (`args`, `errno`, `value`) are all known


@cache
def known_names() -> frozenset[str]:
    """Names that objects of MicroPython have, of its built-in types and of its modules on the chip."""
    return frozenset(_NAMES.read_text().split())


def attributes_of(texts: Iterable[str]) -> set[str]:
    """The attributes that programs ask for."""
    return {node.attr for text in texts for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Attribute)}


def rename_attributes(program: Program, keep: Collection[str], apart: Iterable[set[str]]) -> dict[str, str]:
    """Does it, but for those in `keep`; returns the new names by the old ones. `apart`: sets of attributes that may not share a name either."""
    classes = _Classes(program)
    conflicts: dict[str, set[str]] = defaultdict(set)
    renamed = classes.renamable() - set(keep)
    for names in chain(classes.together(), apart):
        for name in names & renamed:
            conflicts[name] |= names
    uses = Counter(node.attr for node in _nodes(program) if isinstance(node, ast.Attribute))
    taken = _taken_names(program) | set(classes.texts())
    short: dict[str, str] = {}
    for name in sorted(renamed, key=lambda name: (-uses[name], name)):
        others = {short.get(other, other) for other in conflicts[name]}
        short[name] = next(new for new in cheap_names() if new not in others and new not in taken)
    for node in _nodes(program):
        if isinstance(node, ast.Attribute):
            node.attr = short.get(node.attr, node.attr)
        elif isinstance(node, ast.ClassDef):
            _rename_in_class(node, short)
    return short


def _nodes(program: Program) -> Iterator[ast.AST]:
    return chain.from_iterable(ast.walk(tree) for tree in program.trees.values())


def _taken_names(program: Program) -> set[str]:
    """Names of variables, which in the body of a class would be taken for its attributes."""
    return {node.id for node in _nodes(program) if isinstance(node, ast.Name)}


def _rename_in_class(definition: ast.ClassDef, names: Mapping[str, str]) -> None:
    """What a class body defines, and its uses there."""
    own = set(bound(definition.body))
    for statement in definition.body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            statement.name = names.get(statement.name, statement.name)
            outside: list[ast.AST] = [*statement.decorator_list, *statement.args.defaults]
        else:
            outside = [statement]
        for node in chain.from_iterable(map(ast.walk, outside)):
            if isinstance(node, ast.Name) and node.id in own:
                node.id = names.get(node.id, node.id)


class _Classes:
    """The attributes of all classes, with those of their bases."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._own: dict[str, set[str]] = {}
        self._bases: dict[str, list[str]] = {}
        for node in _nodes(program):
            if isinstance(node, ast.ClassDef):
                self._own[node.name] = set(bound(node.body)) | set(_of_self(node))
                self._bases[node.name] = [base.id if isinstance(base, ast.Name) else "?" for base in node.bases]

    def renamable(self) -> set[str]:
        """The attributes that may have another name."""
        of_others = {node.attr for node in _nodes(self._program) if isinstance(node, ast.Attribute) and not is_self(node.value)}
        known = {name for name in known_names() if not name.startswith("_") or name in of_others}
        asked = set().union(*map(asked_by_text, self._program.trees.values()))
        fixed = known | asked | set(self._of_late_modules()) | self._of_outsiders()
        names = set().union(*self._own.values()) - fixed if self._own else set()
        return {name for name in names if not name.startswith("__")}

    def together(self) -> Iterator[set[str]]:
        """Sets of attributes that one object may have. What is assigned from outside (`refused.subject = ...`) any object may have."""
        from_outside = {node.attr for node in _nodes(self._program) if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)}
        from_outside -= set().union(*self._own.values()) if self._own else set()
        for name in self._own:
            yield self._attributes(name) | from_outside

    def _above(self, name: str) -> set[str]:
        """A class of the application and its bases, however far up; bases from elsewhere too."""
        above = {name}
        while more := {base for part in above for base in self._bases.get(part, ())} - above:
            above |= more
        return above

    def _attributes(self, name: str) -> set[str]:
        """What an object of a class may have, of all that the application's classes define."""
        return set().union(*(self._own.get(part, set()) for part in self._above(name)))

    def _of_outsiders(self) -> set[str]:
        """Attributes of objects with a base that is not known here."""
        known = self._own.keys() | {_EXCEPTION}
        return set().union(*(self._attributes(name) for name in self._own if self._above(name) - known))

    def _of_late_modules(self) -> Iterator[str]:
        for module in self._program.late:
            for name in bound(self._program.trees[module].body):
                yield name.partition(":")[2]

    def texts(self) -> Iterator[str]:
        """What must not get another meaning: the texts of the application, since somebody may ask for an attribute by its letters, and names of arguments."""
        for node in _nodes(self._program):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
            elif isinstance(node, ast.keyword) and node.arg:
                yield node.arg


def _of_self(definition: ast.ClassDef) -> Iterator[str]:
    """What the methods of a class assign to `self`."""
    for node in ast.walk(definition):
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id == "self"
            and isinstance(node.ctx, ast.Store)
        ):
            yield node.attr
