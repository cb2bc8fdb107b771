"""Makes one class of several that nobody tells apart: what a class costs the node before its first method, some 110 bytes, it then costs once.

Which class an object is of matters to heirs, to `isinstance` and `except`, to what MicroPython looks for by itself (`__init__`, `__enter__`), and to whoever
finds out whether an object has an attribute. Classes to which nothing of that is done share one class, as long as each name that it then defines has one
meaning, and no object needs for itself what is a property of another.

`Alike` decides while attributes still have the names that people gave them; `apply` makes the classes when they are short.
"""

import ast
from collections import defaultdict
from collections.abc import Collection, Iterator

from loa.provision.link.modules import Program, is_docstring
from loa.provision.link.overlays import Overlays
from loa.provision.link.scopes import bound
from loa.provision.link.uses import Function, asked_by_text, attributes, class_uses, stored_from_outside

_MOST = 40  # names that one class defines: each has to be another, and a name costs the node some ten bytes


class Alike:
    """`keep`: the classes that are asked for from outside, as `module:name`. Methods that `late` takes away count no more."""

    def __init__(self, program: Program, late: Overlays, keep: Collection[str]) -> None:
        self._program = program
        self._late = late
        self._groups: list[list[str]] = []
        self._defined: dict[str, set[str]] = {}
        self._computed: dict[str, set[str]] = {}  # its properties, which an object cannot have something else in place of
        self._stored: dict[str, set[str]] = {}
        self._put_together(keep)

    def together(self) -> Iterator[set[str]]:
        """Sets of attributes that may not have the same name, besides those of one object."""
        for group in self._groups:
            yield set().union(*(self._defined[name] for name in group))
            computed = set().union(*(self._computed[name] for name in group))
            for name in group:
                yield self._stored[name] | computed

    def apply(self) -> None:
        """Makes the last class of each group all of them, where what any of them needs is there."""
        into = {name: group[-1] for group in self._groups for name in group}
        bodies: dict[str, list[ast.stmt]] = defaultdict(list)
        for module in self._program.order:
            left: list[ast.stmt] = []
            for statement in self._program.trees[module].body:
                last = into.get(statement.name) if isinstance(statement, ast.ClassDef) else None
                if isinstance(statement, ast.ClassDef) and last:
                    bodies[last] += [part for part in statement.body if not isinstance(part, ast.Pass) and not is_docstring(part)]
                    if statement.name != last:
                        continue
                    statement.body = bodies[last] or [ast.Pass()]
                left.append(statement)
            self._program.trees[module].body = left
        for tree in self._program.trees.values():
            for node in ast.walk(tree):
                if isinstance(node, ast.Name):
                    node.id = into.get(node.id, node.id)

    def _put_together(self, keep: Collection[str]) -> None:
        trees = self._program.trees.values()
        uses = class_uses(trees)
        asked = set().union(*map(asked_by_text, trees))
        outside = set().union(*map(stored_from_outside, trees))
        for statement in self._program.statements(self._program.joined):
            if not isinstance(statement, ast.ClassDef) or statement.bases or statement.decorator_list or statement.name in keep:
                continue
            name = statement.name
            defined = {part for part in bound(statement.body) if not self._late.takes(name, part)}
            told_apart = any(part.startswith("__") or part in asked for part in defined)
            if told_apart or uses[name] - {"call"} or self._late.moved_name(name):
                continue
            self._defined[name] = defined
            self._computed[name] = {part.name for part in statement.body if isinstance(part, Function) and part.decorator_list} & defined
            self._stored[name] = attributes(statement) | outside
        for name in sorted(self._defined, key=lambda name: -len(self._defined[name])):
            group = next((group for group in self._groups if self._fits(name, group)), None)
            if group is None:
                self._groups.append(group := [])
            group.append(name)
        place = {name: at for at, name in enumerate(self._defined)}
        for group in self._groups:
            group.sort(key=place.__getitem__)

    def _fits(self, name: str, group: list[str]) -> bool:
        if sum(len(self._defined[one]) for one in [*group, name]) > _MOST:
            return False
        return not any(self._clash(name, other) or self._clash(other, name) for other in group)

    def _clash(self, one: str, other: str) -> bool:
        return bool(self._defined[one] & self._defined[other] or self._computed[one] & self._stored[other])
