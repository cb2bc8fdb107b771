"""Moves functions out of the joined module into overlays: units that are loaded when one of their functions is called and let go when they rest.

What is moved is chosen by the application's list (`Program` names, see `entries`); how it is written does not change. A function that is only used in one
overlay goes there by itself, and so does a constant. A call from elsewhere becomes `overlay(number).function(...)`; an overlay's number is its place in
the list. Of a class with objects that stay the methods go: `x.method(...)` becomes the call of a function where it is known of which class `x` is
(`kinds`), or no other class has such a method; where that cannot be told, the class keeps a method that does nothing but call it. Classes stay, since
objects, `except` and `isinstance` hold on to them.

`Overlays` decides while attributes still have the names that people gave them; `apply` moves when they are short.
"""

import ast
import copy
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from loa.provision.link.attributes import known_names
from loa.provision.link.kinds import Kinds
from loa.provision.link.modules import Definition, LinkError, Program, is_docstring
from loa.provision.link.uses import (
    INIT,
    Function,
    asked_by_text,
    attribute_uses,
    attributes,
    bases,
    class_uses,
    in_function,
    is_also_a_value,
    is_plain,
    may_go,
    stored_from_outside,
)

_WHOLE = "()"
_STAYS = "!"
_SMALL = 24  # syntax nodes of a method whose place would take as much as the method


@dataclass
class _Method:
    """`owner`: the class it is taken from; `leaves_call`: the class keeps a method that calls it."""

    owner: ast.ClassDef
    node: ast.FunctionDef | ast.AsyncFunctionDef
    told: str
    unit: str
    name: str
    leaves_call: bool
    makes: bool  # an `__init__` that became a function which returns the object


class Overlays:
    """`entries` by name of the overlay: `module` (its functions, and the methods of its classes), `module:function`, `module:Class` (its methods),
    `module:Class.method`; with `()` behind a class the class itself, whose objects then must not outlive the work, and with `!` before it what stays.
    The more exact of two entries counts. `loader`: the function that loads one by its number. `keep`: what is asked for from outside; `guests`: attributes
    that are."""

    def __init__(
        self, program: Program, entries: Mapping[str, Iterable[str]], loader: str, keep: Collection[str], guests: Collection[str]
    ) -> None:
        self._program = program
        self._loader = loader
        self._keep = set(keep)
        self._guests = set(guests)
        self._classes = {node.name: node for tree in program.trees.values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
        self._above = {name: bases(node) for name, node in self._classes.items()}
        self._asked = set().union(*map(asked_by_text, program.trees.values()))
        self._globals: dict[str, str] = {}  # function, class or constant: the overlay that has it
        self._methods: dict[tuple[str, str], _Method] = {}
        self._resolved: dict[int, tuple[str, str]] = {}  # id of a call: the method that it calls
        self.units = list(entries)
        if entries:
            self._choose(entries)
            self._sink()

    def told(self, names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        """Of each method that is moved, what its function is called and how to tell people of it."""
        for method in self._methods.values():
            yield names[method.name], method.told

    def leaves(self, told: str) -> bool:
        """False for a method that is moved: `told` says of it, and of what calls it."""
        return all(method.told != told for method in self._methods.values())

    def takes(self, owner: str, method: str) -> bool:
        """True for a method of which its class keeps nothing."""
        taken = self._methods.get((owner, method))
        return taken is not None and not taken.leaves_call

    def name_of(self, name: str) -> str:
        """What a function that may have been moved is called then."""
        return (self.moved_name(name) or ("", name))[1]

    # What goes where

    def _choose(self, entries: Mapping[str, Iterable[str]]) -> None:
        chosen: dict[str, str] = {}
        listed = [(entry, unit) for unit, entries_of in entries.items() for entry in entries_of]
        for entry, unit in sorted(listed, key=lambda one: -_exactness(one[0])):
            for name in self._named(entry.lstrip(_STAYS)):
                chosen.setdefault(name, "" if entry.startswith(_STAYS) else unit)
        methods = {}
        for name, unit in chosen.items():
            owner, _, method = name.partition("#")
            if unit and method:
                methods[(owner, method)] = unit
            elif unit and name not in self._keep:
                self._globals[name] = unit
        self._staying = {name for name, unit in chosen.items() if not unit}
        self._resolve_calls(methods)
        self._uses = class_uses(self._program.trees.values())
        for (owner, method), unit in methods.items():
            if owner not in self._globals:
                self._take(self._classes[owner], method, unit)

    def _named(self, entry: str) -> Iterator[str]:
        """The functions, as `module:function`, and the methods, as `module:Class#method`, that an entry means."""
        module, _, path = entry.partition(":")
        name, _, method = path.removesuffix(_WHOLE).partition(".")
        if module not in self._program.order:
            raise LinkError(f"an overlay names {entry}, and {module} is not joined")
        found = False
        for node in self._program.trees[module].body:
            if isinstance(node, Function) and not node.decorator_list and path in ("", node.name.partition(":")[2]):
                found = True
                yield node.name
            elif isinstance(node, ast.ClassDef) and name in ("", node.name.partition(":")[2]):
                if path.endswith(_WHOLE):
                    found = True
                    yield node.name
                    continue
                for part in node.body:
                    if isinstance(part, Function) and method in ("", part.name) and may_go(part):
                        found = True
                        yield f"{node.name}#{part.name}"
        if not found:
            raise LinkError(f"an overlay names {entry}, and there is no such thing")

    def _resolve_calls(self, methods: Mapping[tuple[str, str], str]) -> None:
        """Which calls certainly call which method, and which methods are asked for otherwise."""
        owners = defaultdict(set)
        for name, definition in self._classes.items():
            for attribute in attributes(definition):
                owners[attribute].add(name)
        outside = set().union(*map(stored_from_outside, self._program.trees.values()))
        late = {node.name for module in self._program.late for node in self._program.trees[module].body if isinstance(node, Definition)}
        kinds = Kinds(self._program.trees, self._keep | late, self._guests | self._asked)
        self._open = {(owner, method) for owner, method in methods if kinds.is_out(owner) and method in self._guests | self._asked}
        for tree in self._program.trees.values():
            for node, call in attribute_uses(tree):
                taken = {owner for owner in owners.get(node.attr, ()) if (owner, node.attr) in methods}
                if not taken:
                    continue
                found, unsure = kinds.of(node.value)
                meant = {owner for kind in found if (owner := kinds.owner(kind, node.attr))}
                if unsure:  # a name that nothing else has tells enough
                    certain = len(owners[node.attr]) == 1 and node.attr not in outside | known_names()
                    meant = owners[node.attr] if certain else meant
                else:
                    certain = not any(kinds.is_given(kind, node.attr) or not kinds.owner(kind, node.attr) for kind in found)
                if call and certain and len(meant) == 1:
                    self._resolved[id(call)] = (next(iter(meant)), node.attr)
                else:
                    self._open |= {(owner, node.attr) for owner in meant}

    def _has_heirs(self, owner: str) -> bool:
        return any(owner in above for above in self._above.values())

    def _take(self, owner: ast.ClassDef, method: str, unit: str) -> None:
        node = next(part for part in owner.body if isinstance(part, Function) and part.name == method)
        if is_also_a_value(owner, method):
            return
        makes = method == INIT and self._is_only_made(owner, node)
        is_open = not makes if method == INIT else (owner.name, method) in self._open
        if is_open and sum(1 for _ in ast.walk(node)) <= _SMALL:
            return
        told = f"{owner.name.replace(':', '.')}.{method}"
        self._methods[(owner.name, method)] = _Method(owner, node, told, unit, f"{unit}:{told}", is_open, makes)

    def _is_only_made(self, owner: ast.ClassDef, init: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
        """True if all that is ever done with a class is calling it, in functions, and asking whether something is one of it."""
        if owner.bases or owner.name in self._keep or self._has_heirs(owner.name) or any(isinstance(n, ast.Return) for n in ast.walk(init)):
            return False
        return self._uses[owner.name] <= {"call", "judge"}

    # What follows by itself

    def _sink(self) -> None:
        """Functions and constants that are only used in one overlay."""
        candidates = {name for module in self._program.order for name in self._that_may_sink(module)}
        candidates -= self._keep | self._staying | set(self._globals)
        places: dict[str, set[str]] = defaultdict(set)
        while True:
            places.clear()
            for module in self._program.trees:
                for place, node in self._nodes(module):
                    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in candidates:
                        places[node.id].add(place)
            sinking = {name: next(iter(where)) for name, where in places.items() if len(where) == 1 and next(iter(where)) in self.units}
            if not sinking:
                return
            self._globals |= sinking
            candidates -= set(sinking)

    def _that_may_sink(self, module: str) -> Iterator[str]:
        for node in self._program.trees[module].body:
            if isinstance(node, Function) and not node.decorator_list:
                yield node.name
            elif isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name) and is_plain(node.value):
                yield node.targets[0].id

    def _nodes(self, module: str) -> Iterator[tuple[str, ast.AST]]:
        """All nodes of a module with the place at which they are evaluated: an overlay, a late module, the joined one; "" when it is loaded."""
        home = self._program.joined if module in self._program.order else module
        for statement in self._program.trees[module].body:
            if isinstance(statement, Function):
                unit = self._globals.get(statement.name, "")
                yield from in_function(statement, unit or home, unit)
            elif isinstance(statement, ast.ClassDef):
                whole = self._globals.get(statement.name, "")
                for node in [*statement.decorator_list, *statement.bases]:
                    yield from ((whole, part) for part in ast.walk(node))
                for part in statement.body:
                    if isinstance(part, Function):
                        method = self._methods.get((statement.name, part.name))
                        unit = method.unit if method else whole
                        yield from in_function(part, unit or home, unit)
                        if method and method.leaves_call:
                            yield from (("", node) for default in part.args.defaults for node in ast.walk(default))
                    else:
                        yield from ((whole, node) for node in ast.walk(part))
            else:
                target = statement.targets[0] if isinstance(statement, ast.Assign) else None
                unit = self._globals.get(target.id, "") if isinstance(target, ast.Name) else ""
                yield from ((unit, node) for node in ast.walk(statement))

    # Moving

    def apply(self) -> None:
        """Does it to the program: each overlay becomes a tree of its own."""
        if not self.units:
            return
        program = self._program
        for module in list(program.trees):
            for place, node in list(self._nodes(module)):
                self._refuse_early(place, node)
        moved: dict[str, list[ast.stmt]] = {unit: [] for unit in self.units}
        for module in [*program.order, *program.late]:
            home = program.joined if module in program.order else module
            left: list[ast.stmt] = []
            for statement in program.trees[module].body:
                unit = self._unit_of_statement(statement)
                if isinstance(statement, ast.ClassDef) and not unit:
                    self._take_methods(statement, moved)
                changed = _Moved(self, unit or home).visit(statement)
                (moved[unit] if unit else left).append(changed)
            program.trees[module].body = left
        for unit, body in moved.items():
            program.trees[unit] = ast.Module([self._renamed(statement, unit) for statement in body], [])
            program.overlays.add(unit)

    def _unit_of_statement(self, statement: ast.stmt) -> str:
        if isinstance(statement, Function | ast.ClassDef):
            return self._globals.get(statement.name, "")
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            return self._globals.get(statement.targets[0].id, "")
        return ""

    def _take_methods(self, statement: ast.ClassDef, moved: Mapping[str, list[ast.stmt]]) -> None:
        body: list[ast.stmt] = []
        for part in statement.body:
            method = next((method for method in self._methods.values() if method.node is part), None)
            if method is None:
                body.append(part)
                continue
            if method.leaves_call:
                body.append(self._caller(method))
            moved[method.unit].append(_Moved(self, method.unit).visit(self._as_function(method)))
        statement.body = [part for part in body if not is_docstring(part)] or [ast.Pass()]

    def _caller(self, method: _Method) -> ast.stmt:
        args = copy.deepcopy(method.node.args)
        given: list[ast.expr] = [ast.Name(arg.arg, ast.Load()) for arg in args.args]
        if args.vararg:
            given.append(ast.Starred(ast.Name(args.vararg.arg, ast.Load()), ast.Load()))
        call = ast.Call(self.reference(method.unit, method.name, ""), given, [])
        return _function(method.node.name, args, [ast.Return(call)], ast.FunctionDef)

    def _as_function(self, method: _Method) -> ast.stmt:
        node = method.node
        body = [statement for statement in node.body if not is_docstring(statement)] or [ast.Pass()]
        args = node.args
        if method.makes:
            made = ast.Assign(
                [ast.Name(args.args[0].arg, ast.Store())], ast.Call(ast.Name(f"{_MADE}{method.owner.name}", ast.Load()), [], [])
            )
            body = [made, *body, ast.Return(ast.Name(args.args[0].arg, ast.Load()))]
            args = copy.copy(args)
            args.args = args.args[1:]
        return _function(method.name, args, body, type(node))

    def reference(self, unit: str, name: str, place: str) -> ast.expr:
        """How `name` of an overlay is written at a place."""
        if unit == place:
            return ast.Name(name, ast.Load())
        return ast.Attribute(ast.Call(ast.Name(self._loader, ast.Load()), [ast.Constant(self.units.index(unit))], []), name, ast.Load())

    def moved_name(self, name: str) -> tuple[str, str] | None:
        """Overlay and new name of what was moved."""
        unit = self._globals.get(name)
        return (unit, f"{unit}:{name.replace(':', '.')}") if unit else None

    def method_of(self, call: ast.Call) -> _Method | None:
        """The method that a call is known to call, if it was moved."""
        return self._methods.get(self._resolved.get(id(call), ("", "")))

    def maker_of(self, name: str) -> _Method | None:
        """What makes an object of a class."""
        method = self._methods.get((name, INIT))
        return method if method and method.makes else None

    def _renamed(self, statement: ast.stmt, unit: str) -> ast.stmt:
        if isinstance(statement, Function | ast.ClassDef) and self._globals.get(statement.name) == unit:
            statement.name = f"{unit}:{statement.name.replace(':', '.')}"
        return statement

    def _refuse_early(self, place: str, node: ast.AST) -> None:
        if place == "" and isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in self._globals:
            raise LinkError(f"{node.id} is in an overlay and used when the application is loaded")


_MADE = "?"  # before the name of a class that is called as it is


class _Moved(ast.NodeTransformer):
    """Writes what is at `place` so that it finds what was moved."""

    def __init__(self, overlays: Overlays, place: str) -> None:
        self._overlays = overlays
        self._place = place

    def visit_Call(self, node: ast.Call) -> ast.AST:
        method = self._overlays.method_of(node)
        maker = self._overlays.maker_of(node.func.id) if isinstance(node.func, ast.Name) else None
        self.generic_visit(node)
        if method and isinstance(node.func, ast.Attribute):
            node.args = [node.func.value, *node.args]
            node.func = self._overlays.reference(method.unit, method.name, self._place)
        elif maker:
            node.func = self._overlays.reference(maker.unit, maker.name, self._place)
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id.startswith(_MADE):
            return ast.Name(node.id[len(_MADE) :], node.ctx)
        moved = self._overlays.moved_name(node.id)
        if moved is None:
            return node
        if isinstance(node.ctx, ast.Store):
            return ast.Name(moved[1], node.ctx)
        return self._overlays.reference(*moved, self._place)


def _exactness(entry: str) -> int:
    """The more exact of two entries counts."""
    path = entry.partition(":")[2]
    return 0 if not path else 2 if "." in path else 1


def _function(name: str, args: ast.arguments, body: list[ast.stmt], kind: type[ast.FunctionDef | ast.AsyncFunctionDef]) -> ast.stmt:
    made = kind(name=name, args=args, body=body, decorator_list=[])
    return ast.fix_missing_locations(made)
