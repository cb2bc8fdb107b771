"""The modules of an application as syntax trees, which of them are joined and in what order, and how they are written down again."""

import ast
import keyword
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from loa.errors import LoaError

_COMMON = 120  # names so often used that they should have an index of one byte in the table of names (below 128, py/persistentcode)
QSTR_MAX = 10  # letters; MicroPython makes names of constant texts up to this length

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


class LinkError(LoaError):
    """The application cannot be joined as it is written."""


@dataclass
class Program:
    """`trees` by module. `order`: those that are joined, each after those that it needs. From `qualify` on, a name of a module is written
    `module:name`, and one from outside `:module.name` or `:module` (`foreign`: by that, the statement that imports it). `overlays`: those
    of `trees` that were made of parts of the others."""

    trees: dict[str, ast.Module]
    packages: set[str]
    roots: tuple[str, ...]
    order: list[str]
    foreign: dict[str, str] = field(default_factory=dict)
    overlays: set[str] = field(default_factory=set)

    @classmethod
    def parse(cls, sources: Mapping[str, str], roots: tuple[str, ...]) -> "Program":
        """`sources` by module name, a package's `__init__` under its full name."""
        packages = {module.removesuffix(".__init__") for module in sources if module.endswith(".__init__")}
        trees = {module.removesuffix(".__init__"): ast.parse(source) for module, source in sources.items()}
        needs = {module: list(imported_modules(tree, trees)) for module, tree in trees.items()}
        return cls(trees, packages, roots, load_order(needs, roots))

    @property
    def joined(self) -> str:
        """Name of the module that all others become."""
        return self.roots[0]

    @property
    def late(self) -> list[str]:
        """The modules that stay by themselves; a package without content is none."""
        apart = set(self.order) | self.overlays
        return [module for module in self.trees if module not in apart and (module not in self.packages or self._has_content(module))]

    def statements(self, module: str) -> list[ast.stmt]:
        """Those of a late module, or of all that are joined."""
        if module != self.joined:
            return self.trees[module].body
        return [statement for part in self.order for statement in self.trees[part].body]

    def units(self) -> list[str]:
        """The modules that will be left: the joined one, the late ones and the overlays."""
        return [self.joined, *self.late, *sorted(self.overlays)]

    def unit_of(self, name: str) -> str:
        """Which of them has a `module:name`."""
        module = name.partition(":")[0]
        return self.joined if module in self.order else module

    def _has_content(self, module: str) -> bool:
        return any(not is_docstring(statement) for statement in self.trees[module].body)


def is_docstring(statement: ast.stmt) -> bool:
    """True for a constant that stands alone."""
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def load_order(needs: Mapping[str, Iterable[str]], roots: Iterable[str]) -> list[str]:
    """`roots` and all that they need, each after its package and what it needs itself."""
    order: list[str] = []
    visiting: set[str] = set()

    def visit(module: str) -> None:
        if module in visiting or module not in needs:
            return
        visiting.add(module)
        visit(module.rpartition(".")[0])
        for other in needs[module]:
            visit(other)
        order.append(module)

    for root in roots:
        visit(root)
    return order


def imported_modules(tree: ast.Module, modules: Iterable[str]) -> Iterator[str]:
    """The modules of the application that a module needs when it is loaded."""
    for statement in tree.body:
        if isinstance(statement, ast.Import):
            yield from (alias.name for alias in statement.names if alias.name in modules)
        elif isinstance(statement, ast.ImportFrom) and statement.module:
            for alias in statement.names:
                child = f"{statement.module}.{alias.name}"
                yield child if child in modules else statement.module


def text_of(program: Program, module: str, names: Mapping[str, str]) -> str:
    """The source of a unit; `names`: what everything is called that it takes from elsewhere."""
    body = [statement for statement in program.statements(module) if not is_docstring(statement)]
    lines = []
    taken: dict[str, list[str]] = {}
    joined = _names_in(program.statements(program.joined)) if module in program.overlays else set()
    for name in sorted(_names_in(body)):
        if name in program.foreign and name not in joined:
            lines.append(program.foreign[name])
        elif name in program.foreign:  # to look for a built-in module costs the node files that are not there
            taken.setdefault(program.joined, []).append(names[name])
        elif ":" in name and program.unit_of(name) != module:
            taken.setdefault(program.unit_of(name), []).append(names[name])
    lines += [f"from {unit} import {', '.join(wanted)}" for unit, wanted in taken.items()]
    tree = ast.Module([_Named(names, program.late).visit(statement) for statement in body], [])
    common = _common(tree) if module == program.joined else ""
    return "\n".join([common, *lines, ast.unparse(tree)]) + "\n"


def _names_in(body: Iterable[ast.stmt]) -> set[str]:
    return {node.id for statement in body for node in ast.walk(statement) if isinstance(node, ast.Name)}


class _Named(ast.NodeTransformer):
    """Puts in place of `module:name` what it is called."""

    def __init__(self, names: Mapping[str, str], late: Collection[str]) -> None:
        self._names = names
        self._late = late

    def visit_Name(self, node: ast.Name) -> ast.Name:
        node.id = self._names.get(node.id, node.id)
        return node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.ImportFrom:
        """In a function: what it takes from a late module stays what it is called there."""
        for alias in node.names:
            new = self._names.get(f"{node.module}:{alias.name}", alias.name)
            if node.module in self._late and new != alias.name:
                alias.name, alias.asname = new, alias.asname or alias.name
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        node.attr = self._names.get(node.attr, node.attr) if ":" in node.attr else node.attr
        return self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._visit_definition(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._visit_definition(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        return self._visit_definition(node)

    def _visit_definition(self, node: Definition) -> ast.AST:
        node.name = self._names.get(node.name, node.name)
        return self.generic_visit(node)


def _common(tree: ast.Module) -> str:
    """A statement that is never executed and makes the names that are used most the first in the table of names."""
    counts: Counter[str] = Counter()
    for node in ast.walk(tree):
        for part in ("id", "attr", "name", "arg", "value"):
            name = getattr(node, part, None)
            if isinstance(name, str) and name.isidentifier() and not keyword.iskeyword(name) and len(name) <= QSTR_MAX:
                counts[name] += 1
    return "if not __name__:\n    " + ".".join(["self", *(name for name, _ in counts.most_common(_COMMON) if name != "self")])
