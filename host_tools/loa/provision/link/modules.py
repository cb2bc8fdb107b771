"""The modules of an application as syntax trees, which of them are joined and in what order."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from loa.errors import LoaError

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
