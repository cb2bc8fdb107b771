"""Leaves out what no node uses: what only the host or a test asks of a module, and what is there for CPython alone."""

import ast
from collections import defaultdict
from collections.abc import Collection, Iterator

from loa.provision.link.modules import Definition, Program

_ON_MICROPYTHON = ":sys.implementation.name == 'micropython'"


def leave_out_unused(program: Program, keep: Collection[str]) -> None:
    """Of the modules that are joined only what `keep` names, what late modules name and what runs when the application is loaded is left, with all
    that those need. Nothing is made for its effect by giving it a name: the modules of a node share nothing but constants."""
    for module in program.order:
        program.trees[module] = _Chosen().visit(program.trees[module])
    makers = defaultdict(list)
    wanted = [name for module in program.late for name in _names(program.trees[module])]
    for module in program.order:
        for statement in program.trees[module].body:
            made = list(_made_by(statement))
            for name in made:
                makers[name].append(statement)
            if not made:
                wanted += _names(statement)
    used: set[str] = set()
    wanted += keep
    while wanted:
        name = wanted.pop()
        if name not in used:
            used.add(name)
            wanted += [other for statement in makers[name] for other in _names(statement)]
    for module in program.order:
        program.trees[module].body = [statement for statement in program.trees[module].body if _is_wanted(statement, used)]


def _is_wanted(statement: ast.stmt, used: Collection[str]) -> bool:
    made = list(_made_by(statement))
    return not made or any(name in used for name in made)


def _made_by(statement: ast.stmt) -> Iterator[str]:
    """The names that a statement does nothing but give a meaning."""
    if isinstance(statement, Definition):
        yield statement.name
    elif isinstance(statement, ast.Assign):
        targets = [part for target in statement.targets for part in (target.elts if isinstance(target, ast.Tuple) else [target])]
        if all(isinstance(target, ast.Name) for target in targets):
            yield from (target.id for target in targets if isinstance(target, ast.Name))


def _names(tree: ast.AST) -> Iterator[str]:
    return (node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load))


class _Chosen(ast.NodeTransformer):
    """Knows which runtime will run it."""

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        self.generic_visit(node)
        return node.body if ast.unparse(node.test) == _ON_MICROPYTHON else node
