"""Writes units down again as sources, with the names that everything was given."""

import ast
import keyword
from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from loa.provision.link.modules import QSTR_MAX, Definition, Program, is_docstring
from loa.provision.link.scopes import global_names

_COMMON = 120  # names so often used that they should have an index of one byte in the table of names (below 128, py/persistentcode)


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
    """A statement that is never executed and makes the names that are used most the first in the table of names. Variables of functions have none there."""
    counts: Counter[str] = Counter(node.id for node in global_names(tree, ""))
    for node in ast.walk(tree):
        for part in ("attr", "arg", "value") if isinstance(node, ast.ExceptHandler) else ("attr", "name", "arg", "value"):
            name = getattr(node, part, None)
            if isinstance(name, str):
                counts[name] += 1
    names = [name for name, _ in counts.most_common() if name.isidentifier() and not keyword.iskeyword(name) and len(name) <= QSTR_MAX]
    return "if not __name__:\n    " + ".".join(["self", *(name for name in names[:_COMMON] if name != "self")])
