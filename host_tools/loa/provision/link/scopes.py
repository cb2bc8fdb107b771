"""Which names of a module's tree mean something of the module itself: neither locals of a function nor attributes of a class."""

import ast
from collections.abc import Iterable, Iterator

from loa.provision.link.modules import Definition, LinkError

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_COMPREHENSIONS = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_SCOPES = Function | ast.ClassDef | _COMPREHENSIONS


def global_names(tree: ast.Module, module: str) -> list[ast.Name]:
    """The nodes that name something at the level of `module`, or a built-in."""
    found: list[ast.Name] = []
    for statement in tree.body:
        _visit(statement, frozenset(), frozenset(), found, module)
    return found


def bound(body: Iterable[ast.AST]) -> Iterator[str]:
    """What statements give a meaning in their own scope."""
    for node in body:
        if isinstance(node, Definition):
            yield node.name
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.alias):
            yield node.asname or node.name.partition(".")[0]
        elif isinstance(node, ast.ExceptHandler) and node.name:
            yield node.name
        if isinstance(node, _COMPREHENSIONS):
            yield from (walrus.target.id for walrus in ast.walk(node) if isinstance(walrus, ast.NamedExpr))
        if not isinstance(node, _SCOPES):
            yield from bound(ast.iter_child_nodes(node))


def _visit(node: ast.AST, hidden: frozenset[str], of_class: frozenset[str], found: list[ast.Name], module: str) -> None:
    """`hidden`: names of the functions around; `of_class`: those of a class around, which its functions do not see."""
    if isinstance(node, ast.Global | ast.Nonlocal):
        raise LinkError(f"{module}, line {node.lineno}: {ast.unparse(node)}", "the modules of a node share nothing but constants")
    if isinstance(node, ast.Name):
        if node.id not in hidden | of_class:
            found.append(node)
        return
    if isinstance(node, Function):
        body = node.body if isinstance(node.body, list) else [node.body]
        outside = [child for child in ast.iter_child_nodes(node) if child not in body]
        local = hidden | set(bound(body)) | {argument.arg for argument in _arguments(node)}
        _visit_all(outside, hidden, of_class, found, module)
        _visit_all(body, local, frozenset(), found, module)
    elif isinstance(node, ast.ClassDef):
        _visit_all([*node.decorator_list, *node.bases], hidden, of_class, found, module)
        _visit_all(node.body, hidden, frozenset(bound(node.body)), found, module)
    elif isinstance(node, _COMPREHENSIONS):
        first = node.generators[0].iter
        targets = {name.id for part in node.generators for name in ast.walk(part.target) if isinstance(name, ast.Name)}
        inside = [child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.comprehension)]
        for part in node.generators:
            inside += [part.target, *part.ifs, *([] if part.iter is first else [part.iter])]
        _visit(first, hidden, of_class, found, module)
        _visit_all(inside, hidden | of_class | targets, frozenset(), found, module)
    else:
        _visit_all(ast.iter_child_nodes(node), hidden, of_class, found, module)


def _visit_all(nodes: Iterable[ast.AST], hidden: frozenset[str], of_class: frozenset[str], found: list[ast.Name], module: str) -> None:
    for node in nodes:
        _visit(node, hidden, of_class, found, module)


def _arguments(node: Function) -> list[ast.arg]:
    arguments = node.args
    extra = [argument for argument in (arguments.vararg, arguments.kwarg) if argument]
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *extra]
