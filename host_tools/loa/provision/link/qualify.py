"""Says of every name of a module whose it is: `module:name` for the application's own, `:name` for what is imported from outside.

What was an attribute of a module (`topics.PLAN`) becomes a name, so that no module is needed as an object. Imports at the top of modules go.
"""

import ast
from dataclasses import dataclass

from loa.provision.link.modules import Definition, LinkError, Program
from loa.provision.link.scopes import bound, global_names


@dataclass(frozen=True)
class _Module:
    """A name that means a module of the application."""

    name: str


def qualify(program: Program) -> None:
    """Does that to all trees of `program`, and fills its `foreign`."""
    own = {module: {f"{module}:{name}" for name in _definitions(module, tree)} for module, tree in program.trees.items()}
    defined = set().union(*own.values())
    for module, tree in program.trees.items():
        meanings: dict[str, str | _Module] = {name.partition(":")[2]: name for name in own[module]}
        for statement in tree.body:
            if isinstance(statement, ast.Import | ast.ImportFrom):
                meanings |= _imported(program, module, statement, defined)
        names = {id(node) for node in global_names(tree, module)}
        tree.body = [statement for statement in tree.body if not isinstance(statement, ast.Import | ast.ImportFrom)]
        for statement in tree.body:
            if isinstance(statement, Definition):
                statement.name = f"{module}:{statement.name}"
        _Qualified(module, meanings, names, defined).visit(tree)


def _definitions(module: str, tree: ast.Module) -> set[str]:
    names = list(bound(statement for statement in tree.body if not isinstance(statement, ast.Import | ast.ImportFrom)))
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise LinkError(f"{module} defines {', '.join(twice)} more than once")
    return set(names)


def _imported(program: Program, module: str, statement: ast.Import | ast.ImportFrom, defined: set[str]) -> dict[str, str | _Module]:
    """What the names mean that a statement imports."""
    meanings: dict[str, str | _Module] = {}
    source = statement.module if isinstance(statement, ast.ImportFrom) else None
    for alias in statement.names:
        whole = f"{source}.{alias.name}" if source else alias.name
        if whole in program.trees:
            if source is None:
                raise LinkError(
                    f"{module}, line {statement.lineno}: {ast.unparse(statement)}", f"write: from ... import ... instead of {whole}"
                )
            meanings[alias.asname or alias.name] = _Module(whole)
        elif source in program.trees:
            if f"{source}:{alias.name}" not in defined:
                raise LinkError(f"{module}, line {statement.lineno}: {source} has no {alias.name}")
            meanings[alias.asname or alias.name] = f"{source}:{alias.name}"
        else:
            if alias.asname or (source is None and "." in alias.name):
                raise LinkError(f"{module}, line {statement.lineno}: {ast.unparse(statement)}", "import it by its own name")
            program.foreign[f":{whole}"] = f"from {source} import {alias.name}" if source else f"import {alias.name}"
            meanings[alias.name] = f":{whole}"
    return meanings


class _Qualified(ast.NodeTransformer):
    def __init__(self, module: str, meanings: dict[str, str | _Module], names: set[int], defined: set[str]) -> None:
        self._module = module
        self._meanings = meanings
        self._names = names
        self._defined = defined

    def visit_Name(self, node: ast.Name) -> ast.Name:
        if id(node) in self._names:
            meaning = self._meanings.get(node.id, node.id)
            if isinstance(meaning, _Module):
                raise LinkError(f"{self._module}, line {node.lineno}: module {node.id} is used as a value")
            node.id = meaning
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if isinstance(node.value, ast.Name) and id(node.value) in self._names:
            meaning = self._meanings.get(node.value.id)
            if isinstance(meaning, _Module):
                name = f"{meaning.name}:{node.attr}"
                if name not in self._defined:
                    raise LinkError(f"{self._module}, line {node.lineno}: {meaning.name} has no {node.attr}")
                return ast.copy_location(ast.Name(name, node.ctx), node)
        return self.generic_visit(node)
