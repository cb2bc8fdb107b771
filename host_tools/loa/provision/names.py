"""Shortens the private names of an application before it is compiled, so that its modules share them: `_a` of one is `_a` of all in a node's memory.

A name costs the node its letters and 7 bytes more (11 on 64 bits) for as long as it runs, and half of all names are private or those of
parameters. They are shortened where nobody else can mean them. `python -m loa.provision.names < log` writes tracebacks out again.
"""

import ast
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import count, product
from keyword import kwlist
from string import ascii_letters

from loa.provision.sources import sources

_PRIVATE = re.compile(r"_[^_]")  # begins so; `__init__` and a lone `_` do not
_FRAME = re.compile(r'(File "([\w.]+)", line \d+, in )(\w+)')


def shortened(sources: Mapping[str, str]) -> dict[str, tuple[str, dict[str, str]]]:
    """By module of one application its source with short names, and what these were."""
    trees = {module: ast.parse(source) for module, source in sources.items()}
    uses = {module: _Uses(tree) for module, tree in trees.items()}
    made = Counter(name for use in uses.values() for name in use.made)
    # A name that a module uses and does not make is another's, and so perhaps is one of another object that several modules make.
    foreign = {name for use in uses.values() for name in use.used - use.made}
    foreign |= {name for use in uses.values() for name in use.of_others if made[name] > 1}
    called_by = {node.arg for tree in trees.values() for node in ast.walk(tree) if isinstance(node, ast.keyword)}
    short = {}
    for module, tree in trees.items():
        use = uses[module]
        own = set() if use.inherits else use.made - use.fixed - foreign
        names = dict(zip(sorted(own), _short_names(use.used | use.fixed), strict=False))
        tree = _without_const(_Renamed(names).visit(tree))
        _shorten_parameters(tree, called_by, _identifiers(tree) | set(kwlist))
        short[module] = (ast.unparse(tree) + "\n", {new: old for old, new in names.items()})
    return short


def written_out(text: str, names: Mapping[str, Mapping[str, str]]) -> str:
    """Tracebacks in `text` with the names of the source; `names` by module, as `shortened` gives them."""
    return _FRAME.sub(lambda frame: frame[1] + names.get(frame[2], {}).get(frame[3], frame[3]), text)


def _without_const(tree: ast.Module) -> ast.Module:
    """`tree` without its import of `const`, if only the compiler needs it: in `NAME = const(...)` it leaves a number."""
    calls = sum(
        isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name) and ast.unparse(line.value).startswith("const(")
        for line in tree.body
    )
    if calls == sum(isinstance(node, ast.Name) and node.id == "const" for node in ast.walk(tree)):
        tree.body = [line for line in tree.body if ast.unparse(line) != "from micropython import const"]
    return tree


def _shorten_parameters(tree: ast.AST, called_by: set[str | None], taken: set[str]) -> None:
    """Short names for the parameters of all functions below `tree`, except for those with which some call says what it gives (`called_by`).

    `taken` has all names of the module, not only of the function: MicroPython puts a constant in place of every name that is written like it.
    """
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) and not _has_class(node):
            imported = {name for part in ast.walk(node) if isinstance(part, ast.alias) for name in (part.name, part.asname)}
            own = [arg.arg for arg in node.args.args if arg.arg not in called_by | imported and arg.arg != "self"]
            inside = _identifiers(node) - set(own)
            new = (letter for letter in ascii_letters if letter not in taken | inside)
            names = dict(zip(own, new, strict=False))
            for arg in node.args.args:  # what it is called, its decorators and defaults belong to the scope outside
                arg.arg = names.get(arg.arg, arg.arg)
            for part in node.body if isinstance(node.body, list) else [node.body]:
                _Renamed(names, locals_only=True).visit(part)
        _shorten_parameters(node, called_by, taken)


def _has_class(tree: ast.AST) -> bool:
    return any(isinstance(node, ast.ClassDef) for node in ast.walk(tree))


def _identifiers(tree: ast.AST) -> set[str]:
    """Everything in `tree` that a parameter's name could be taken for."""
    found = set()
    for node in ast.walk(tree):
        found |= {name for name in (getattr(node, field, None) for field in ("id", "arg", "name", "asname")) if isinstance(name, str)}
        if isinstance(node, ast.Global | ast.Nonlocal):
            found |= set(node.names)
    return found


def _short_names(taken: set[str]) -> Iterator[str]:
    """`_a` to `_Z`, then `_aa`..., without those that are taken."""
    for length in count(1):
        for letters in product(ascii_letters, repeat=length):
            name = "_" + "".join(letters)
            if name not in taken:
                yield name


class _Uses(ast.NodeVisitor):
    """The private names of a module. `made`: those it gives a meaning; `fixed`: those that are known by these letters to someone else;
    `of_others`: those of objects other than `self`; `inherits`: True if a class has a base from elsewhere, whose names are not known here."""

    def __init__(self, tree: ast.Module) -> None:
        self.used: set[str] = set()
        self.made: set[str] = set()
        self.fixed: set[str] = set()
        self.of_others: set[str] = set()
        self._classes = {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
        self.inherits = False
        self.visit(tree)

    def _use(self, name: str | None, *kinds: set[str]) -> None:
        if name is not None and _PRIVATE.match(name):
            for kind in (self.used, *kinds):
                kind.add(name)

    def visit_Name(self, node: ast.Name) -> None:
        self._use(node.id, *([] if isinstance(node.ctx, ast.Load) else [self.made]))

    def visit_Attribute(self, node: ast.Attribute) -> None:
        of_self = isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
        self._use(node.attr, *([] if of_self else [self.of_others]), *([self.made] if of_self and isinstance(node.ctx, ast.Store) else []))
        self.visit(node.value)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._use(node.name, self.made)
        bases = [base.id if isinstance(base, ast.Name) else None for base in node.bases]
        self.inherits = self.inherits or any(base not in self._classes | {"Exception"} for base in bases)
        self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._use(node.name, self.made)
        self.generic_visit(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self.visit_FunctionDef(node)

    def visit_arg(self, node: ast.arg) -> None:
        self._use(node.arg, self.made)
        self.generic_visit(node)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        self._use(node.name, self.made)
        self.generic_visit(node)

    def visit_keyword(self, node: ast.keyword) -> None:
        self._use(node.arg, self.fixed)
        self.generic_visit(node)

    def visit_alias(self, node: ast.alias) -> None:
        for name in [*node.name.split("."), node.asname]:
            self._use(name, self.fixed)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            for word in re.findall(r"\w+", node.value):
                self._use(word, self.fixed)


class _Renamed(ast.NodeTransformer):
    """Gives everything with a name in `names` the new one; with `locals_only` all but attributes."""

    def __init__(self, names: Mapping[str, str], *, locals_only: bool = False) -> None:
        self._names = names
        self._fields = ("id", "name", "arg") if locals_only else ("id", "name", "arg", "attr")

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        if isinstance(node, ast.keyword | ast.alias):
            return node
        for field in self._fields:
            name = getattr(node, field, None)
            if isinstance(name, str):
                setattr(node, field, self._names.get(name, name))
        if isinstance(node, ast.Global | ast.Nonlocal):
            node.names = [self._names.get(name, name) for name in node.names]
        return node


def main() -> None:
    """Copy standard input to standard output."""
    names = {module: names for module, (_, names) in shortened(sources()).items()}
    for line in sys.stdin:
        sys.stdout.write(written_out(line, names))


if __name__ == "__main__":
    main()
