"""What a syntax tree says of functions, classes and attributes that `overlays` must know before it moves any: how they are used, and where."""

import ast
import builtins
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

Function = ast.FunctionDef | ast.AsyncFunctionDef
INIT = "__init__"


def may_go(method: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """False for what MicroPython itself calls, and for what only makes sense in its class."""
    special = method.name.startswith("__") and method.name != INIT
    inside = {node.id for node in ast.walk(method) if isinstance(node, ast.Name)}
    defaults = all(is_plain(default) or is_global(default) or is_built_in(default) for default in method.args.defaults)
    plain = not (method.args.kwarg or method.args.kwonlyargs or method.args.posonlyargs)
    return not (special or method.decorator_list or "super" in inside) and defaults and plain


def is_global(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and ":" in node.id


def is_built_in(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and hasattr(builtins, node.id)


def is_plain(value: ast.expr) -> bool:
    """True for a value that is the same whenever it is made, and that nobody changes."""
    return all(
        isinstance(node, ast.Constant | ast.Tuple | ast.Dict | ast.Load | ast.UnaryOp | ast.USub | ast.BinOp | ast.operator)
        for node in ast.walk(value)
    )


def is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "self"


def bases(node: ast.ClassDef) -> list[str]:
    return [base.id for base in node.bases if isinstance(base, ast.Name)]


def attributes(definition: ast.ClassDef) -> set[str]:
    """What objects of a class have of their own."""
    found = set()
    for node in ast.walk(definition):
        if isinstance(node, Function) and node in definition.body:
            found.add(node.name)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and is_self(node.value):
            found.add(node.attr)
    for statement in definition.body:
        if isinstance(statement, ast.Assign):
            found |= {target.id for target in statement.targets if isinstance(target, ast.Name)}
    return found


def asked_by_text(tree: ast.AST) -> set[str]:
    """The attributes of which somebody finds out whether an object has them. Where the name is computed, or a `namedtuple` made, it may be any text of the
    module."""
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    asked = set()
    for node in ast.walk(tree):
        match node:
            case ast.Call(ast.Name("getattr" | "hasattr" | "setattr" | "delattr"), [_, ast.Constant(str() as name), *_]):
                asked.add(name)
            case ast.Call(ast.Name("getattr" | "hasattr" | "setattr" | "delattr" | ":collections.namedtuple")):
                asked |= texts
    return asked


def stored_from_outside(tree: ast.AST) -> set[str]:
    """The attributes that are given to an object by other than itself."""
    stored = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)]
    return {node.attr for node in stored if not is_self(node.value)}


def is_also_a_value(definition: ast.ClassDef, method: str) -> bool:
    """True where the body of a class uses a method of it, or an object has another in its place."""
    in_body = [node for part in definition.body if not isinstance(part, Function) for node in ast.walk(part)]
    stored = [node for node in ast.walk(definition) if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)]
    return any(isinstance(node, ast.Name) and node.id == method for node in in_body) or any(node.attr == method for node in stored)


def attribute_uses(tree: ast.AST) -> Iterator[tuple[ast.Attribute, ast.Call | None]]:
    """Each attribute that is asked for, with the call if it is called at once."""
    called = {id(call.func): call for call in ast.walk(tree) if isinstance(call, ast.Call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            yield node, called.get(id(node))


def class_uses(trees: Iterable[ast.AST]) -> Mapping[str, set[str]]:
    """What is done with each name, as it would matter for a class: "call" in a function, "judge" by `isinstance` or `except`, or anything else."""
    uses: dict[str, set[str]] = defaultdict(set)
    for tree in trees:
        for name, use in _class_uses(tree):
            uses[name].add(use)
    return uses


def _class_uses(tree: ast.AST, in_function: bool = False, judged: bool = False) -> Iterator[tuple[str, str]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Name):
            yield node.id, "judge" if judged else "other"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.func.id, "call" if in_function else "other"
            asks = node.func.id in ("isinstance", "issubclass")
            for part in [*node.args, *node.keywords]:
                yield from _class_uses(ast.Expr(part), in_function, asks)  # type: ignore[arg-type]
        elif isinstance(node, ast.ExceptHandler):
            if node.type:
                yield from _class_uses(ast.Expr(node.type), in_function, True)
            for statement in node.body:
                yield from _class_uses(ast.Module([statement], []), in_function)
        else:
            yield from _class_uses(node, in_function or isinstance(node, Function | ast.Lambda), judged and isinstance(node, ast.Tuple))


def in_function(node: ast.FunctionDef | ast.AsyncFunctionDef, inside: str, outside: str) -> Iterator[tuple[str, ast.AST]]:
    """The nodes of a function: its body is evaluated `inside`, its decorators and defaults `outside`."""
    for part in [*node.decorator_list, *node.args.defaults, *[default for default in node.args.kw_defaults if default]]:
        yield from ((outside, child) for child in ast.walk(part))
    for statement in node.body:
        yield from ((inside, child) for child in ast.walk(statement))
