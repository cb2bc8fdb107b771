"""Finds out of which classes the objects are that expressions of a program can be: `self._journal` is a `Journal` because the only one who makes the
object around it gives it one.

Everything counts that is given to a variable, a parameter or an attribute, wherever in the program that happens, until nothing new is found. What is
put into containers, thrown, or given to what is not the application's is followed no further: it may come out wherever something comes from there.
"""

import ast
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping

from loa.provision.link.uses import INIT, Function, asked_by_text, bases

ANYTHING = "?"  # instead of the name of a class: any that got out of sight, or none of the application's
_FOREIGN = "!"  # none of the application's
_NOTHING: frozenset[str] = frozenset()
_MADE_OUTSIDE = ("array", "bytearray", "bytes", "deque", "dict", "list", "memoryview", "set")  # by these, and by what has a capital
_LOOKING = ("isinstance", "len", "print", "super")  # give nothing away
_DISPLAYS = ast.List | ast.Tuple | ast.Dict | ast.Set | ast.ListComp | ast.DictComp
_RETURNED = "return"  # no name of a variable
_ANY_OBJECT = "any object"

Method = ast.FunctionDef | ast.AsyncFunctionDef
Scope = Method | ast.Lambda | None  # the outermost function around; the names of those inside it are taken for its own
Variable = tuple[Scope | str, str]  # of a scope, or an attribute of a class


class Kinds:
    """`trees`: the program, after `qualify`. `called`: the functions and classes that are also called from outside; `asked`: the attributes
    that are asked for there."""

    def __init__(self, trees: Mapping[str, ast.Module], called: Collection[str], asked: Collection[str]) -> None:
        top = [node for tree in trees.values() for node in tree.body]
        self._classes = {node.name: node for node in top if isinstance(node, ast.ClassDef)}
        self._functions: dict[str, Method] = {node.name: node for node in top if isinstance(node, Function)}
        self._lines = {name: list(self._line(name)) for name in self._classes}
        self._own = {(name, part.name): part for name, node in self._classes.items() for part in node.body if isinstance(part, Function)}
        self._found: dict[Variable, set[str]] = defaultdict(set)
        self._stored: set[Variable] = set()  # the attributes that are given anything at all
        self._out: set[str] = set()  # classes of which objects got out of sight
        self._work: list[tuple[ast.AST, Scope]] = []
        self._scopes: dict[int, Scope] = {}
        self._known = {*self._functions.values(), *self._own.values()}  # of which the calls are seen
        self._generators = {
            function for function in self._known if any(isinstance(node, ast.Yield | ast.YieldFrom) for node in ast.walk(function))
        }
        self._unpacked: set[int] = set()  # tuples of which nothing is left
        self._around: set[Scope] = set()  # functions with others inside
        self._grown = True
        self._asked = set(asked).union(*map(asked_by_text, trees.values()))
        for name, definition in self._classes.items():
            self._enter_class(name, definition)
        for name in called:
            self._get_out({name} & self._classes.keys())
            self._call_with_anything(self._function(name))
        for tree in trees.values():
            self._collect(tree, None)
        while self._grown:
            self._grown = False
            self._work = [(node, scope) for node, scope in self._work if self._look(node, scope)]

    def of(self, node: ast.expr) -> tuple[set[str], bool]:
        """The classes of which an expression of the program may be an object; True if it may be none of the application's, or nothing is known."""
        found = set(self._kinds(node, self._scopes[id(node)]))
        unsure = not found or ANYTHING in found or _FOREIGN in found
        return (found | self._out if ANYTHING in found else found) - {ANYTHING, _FOREIGN}, unsure

    def is_out(self, kind: str) -> bool:
        """True if somebody from outside may have an object of class `kind`."""
        return kind in self._out

    def owner(self, kind: str, name: str) -> str | None:
        """The class from which objects of class `kind` have a method."""
        return next((above for above in self._lines.get(kind, ()) if (above, name) in self._own), None)

    def is_given(self, kind: str, name: str) -> bool:
        """True if an object of class `kind` may have something else in place of a method."""
        return (kind, name) in self._stored or (_ANY_OBJECT, name) in self._stored

    # The program

    def _line(self, name: str) -> Iterator[str]:
        """A class and all that it is heir of; `ANYTHING` for one from elsewhere."""
        yield name
        for base in bases(self._classes[name]):
            yield from self._line(base) if base in self._classes else (ANYTHING,)

    def _method(self, kind: str, name: str) -> Method | None:
        return next((method for above in self._lines.get(kind, ()) if (method := self._own.get((above, name)))), None)

    def _function(self, name: str) -> Method | None:
        """What a call of a name calls."""
        return self._functions.get(name) or self._method(name, INIT)

    def _enter_class(self, name: str, definition: ast.ClassDef) -> None:
        objects = {kind for kind, line in self._lines.items() if name in line}
        foreign = any(ANYTHING in self._lines[kind] for kind in objects)
        for part in definition.body:
            if isinstance(part, Function):
                if part.args.args:
                    self._found[part, part.args.args[0].arg] |= objects
                if foreign or part.name in self._asked or (part.name.startswith("__") and part.name != INIT):
                    self._call_with_anything(part)
                continue
            for target in (node for node in ast.walk(part) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)):
                for kind in objects:
                    self._stored.add((kind, target.id))
                    self._found[kind, target.id].add(ANYTHING)

    def _collect(self, node: ast.AST, scope: Scope, is_called: bool = False) -> None:
        """Notes what has to be looked at. `is_called`: `node` is called where it stands, so nobody else gets hold of it."""
        if isinstance(node, Function | ast.Lambda):
            scope = self._enter_function(node, scope)
        self._scopes[id(node)] = scope
        if isinstance(node, ast.Call):
            self._work.append((node, scope))
            self._collect(node.func, scope, is_called=True)
            for part in [*node.args, *node.keywords]:
                self._collect(part, scope)
            return
        if isinstance(node, ast.For):
            self._unpacked.add(id(node.iter))
        elif isinstance(node, ast.Assign) and all(_are_pairs(target, node.value) for target in node.targets):
            self._unpacked.add(id(node.value))
        is_target = isinstance(node, ast.Name | ast.Attribute | ast.Tuple | ast.List) and not isinstance(node.ctx, ast.Load)
        if node._fields and not is_target and not (is_called and isinstance(node, ast.Name | ast.Attribute)):
            self._work.append((node, scope))
        for child in ast.iter_child_nodes(node):
            self._collect(child, scope)

    def _enter_function(self, node: Method | ast.Lambda, scope: Scope) -> Scope:
        arguments = node.args
        named = [*arguments.posonlyargs, *arguments.args]
        anything = [argument for argument in (arguments.vararg, arguments.kwarg, *arguments.kwonlyargs) if argument]
        if node not in self._known:
            anything += named
        optional = named[len(named) - len(arguments.defaults) :]
        anything += [
            argument for argument, default in zip(optional, arguments.defaults, strict=True) if not isinstance(default, ast.Constant)
        ]
        outermost = scope or node
        if scope and isinstance(node, Function):
            self._around.add(scope)
        for argument in anything:
            self._found[outermost, argument.arg].add(ANYTHING)
        return outermost

    # What is given to whom

    def _look(self, node: ast.AST, scope: Scope) -> bool:
        """Takes in what a node gives to whom; False if it is of a kind that never gives anything."""
        match node:
            case ast.Call():
                self._call(node, scope)
            case ast.Assign(targets, value):
                for target in targets:
                    self._give(target, value, scope)
            case ast.NamedExpr(target, value) | ast.AnnAssign(target, _, value):
                self._give(target, value, scope)
            case ast.AugAssign(target, _, value):
                self._give(target, None, scope)
                self._get_out_of([value], scope)
            case ast.For(target, ast.Tuple(values)):
                for value in values:
                    self._give(target, value, scope)
            case ast.For(target) | ast.AsyncFor(target) | ast.comprehension(target):
                self._give(target, None, scope)
            case ast.withitem(_, ast.expr() as target):
                self._give(target, None, scope)
            case ast.ExceptHandler(_, str() as name) | ast.alias(_, str() as name) | ast.alias(name, None):
                self._grow((scope, name.partition(".")[0]), {ANYTHING})
            case ast.Return(ast.expr() as value):
                self._grow((scope, _RETURNED), self._kinds(value, scope))
                if scope in self._around:
                    self._get_out(self._kinds(value, scope))
            case ast.Yield(ast.expr() as value) | ast.YieldFrom(value) | ast.Raise(ast.expr() as value) | ast.Starred(value):
                self._get_out_of([value], scope)
            case ast.Tuple() if id(node) in self._unpacked:
                pass
            case ast.List(values) | ast.Tuple(values) | ast.Set(values) | ast.arguments(defaults=values):
                self._get_out_of(values, scope)
            case ast.Dict(keys, values):
                self._get_out_of([*(key for key in keys if key), *values], scope)
            case ast.ListComp(value) | ast.SetComp(value) | ast.GeneratorExp(value) | ast.Lambda(_, value) | ast.Subscript(_, value):
                self._get_out_of([value], scope)
            case ast.DictComp(one, other) | ast.BinOp(one, _, other):
                self._get_out_of([one, other], scope)
            case ast.Compare(one, operators, others) if not isinstance(operators[0], ast.Is | ast.IsNot):
                self._get_out_of([one, *others], scope)
            case ast.Name(name):
                self._get_out({name} & self._classes.keys())
                self._call_with_anything(self._function(name))
            case ast.Attribute():
                for method in self._methods(node, scope)[0]:
                    self._call_with_anything(method)
            case _:
                return False
        return True

    def _give(self, target: ast.expr, value: ast.expr | None, scope: Scope) -> None:
        """`value` (None: anything) to a variable or an attribute, or its parts to several."""
        if isinstance(target, ast.Tuple | ast.List):
            values: Iterable[ast.expr | None] = [None] * len(target.elts)
            if isinstance(value, ast.Tuple) and _are_pairs(target, value):
                values = value.elts
            for part, given in zip(target.elts, values, strict=True):
                self._give(part, given, scope)
        elif isinstance(target, ast.Starred):
            self._give(target.value, None, scope)
        elif isinstance(target, ast.Name) and scope:
            self._grow((scope, target.id), self._kinds(value, scope))
        elif isinstance(target, ast.Attribute):
            for kind in self._kinds(target.value, scope):
                variable = (_ANY_OBJECT if kind == ANYTHING else kind, target.attr)
                self._grown |= variable not in self._stored
                self._stored.add(variable)
                self._grow(variable, self._kinds(value, scope))
                if kind in (ANYTHING, _FOREIGN) or target.attr in self._asked:
                    self._get_out(self._kinds(value, scope))
        else:
            self._get_out(self._kinds(value, scope))

    def _call(self, node: ast.Call, scope: Scope) -> None:
        functions, others = self._called(node.func, scope)
        unclear = any(isinstance(argument, ast.Starred) for argument in node.args) or any(word.arg is None for word in node.keywords)
        for function in functions:
            parameters = self._parameters(function)
            if unclear:
                self._call_with_anything(function)
            for parameter, argument in zip(parameters, node.args, strict=False):
                self._grow((function, parameter), self._kinds(argument, scope))
            for word in node.keywords:
                self._grow((function, word.arg or ""), self._kinds(word.value, scope))
            others |= unclear or len(node.args) > len(parameters) or function.args.kwarg is not None
        if others and not (isinstance(node.func, ast.Name) and node.func.id in _LOOKING):
            self._get_out_of([*node.args, *[word.value for word in node.keywords]], scope)

    def _called(self, function: ast.expr, scope: Scope) -> tuple[list[Method], bool]:
        """What a call may call; True if it may be something else, which then is from outside, or was got hold of as a value."""
        if isinstance(function, ast.Attribute):
            return self._methods(function, scope)
        found = self._function(function.id) if isinstance(function, ast.Name) else None
        return [found] if found else [], found is None

    def _methods(self, node: ast.Attribute, scope: Scope) -> tuple[list[Method], bool]:
        """The methods that an attribute may be; True if it may be something else."""
        value = node.value
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "super":
            kinds: Collection[str] = {base for line in self._lines.values() for base in line[1:]}
        elif isinstance(value, ast.Name) and value.id in self._classes:  # called with the object as the first argument
            for (_, name), method in self._own.items():
                if name == node.attr:
                    self._call_with_anything(method)
            return [], True
        else:
            kinds = self._kinds(value, scope)
        found = [self._method(kind, node.attr) for kind in (self._out.union(kinds) if ANYTHING in kinds else kinds)]
        others = ANYTHING in kinds or None in found or any(self.is_given(kind, node.attr) for kind in kinds)
        return [method for method in found if method], others

    def _parameters(self, function: Method) -> list[str]:
        names = [argument.arg for argument in function.args.args]
        return names if self._functions.get(function.name) is function else names[1:]

    def _call_with_anything(self, function: Method | None) -> None:
        """Somebody else may call it, and gets what it returns."""
        if function:
            for parameter in self._parameters(function):
                self._grow((function, parameter), {ANYTHING})
            self._get_out(self._found[function, _RETURNED])

    def _grow(self, variable: Variable, kinds: Collection[str]) -> None:
        known = self._found[variable]
        if not known.issuperset(kinds):
            known.update(kinds)
            self._grown = True

    def _get_out(self, kinds: Iterable[str]) -> None:
        new = set(kinds) - self._out - {ANYTHING, _FOREIGN}
        self._out |= new
        self._grown |= bool(new)

    def _get_out_of(self, expressions: Iterable[ast.expr], scope: Scope) -> None:
        for expression in expressions:
            self._get_out(self._kinds(expression, scope))

    # What an expression is

    def _kinds(self, node: ast.expr | None, scope: Scope) -> Collection[str]:
        match node:
            case ast.Constant() | ast.JoinedStr() | ast.Compare():
                return _NOTHING
            case ast.Name(name) if scope and ":" not in name:
                return self._found[scope, name]
            case ast.Name(name) if name.startswith(":"):
                return {_FOREIGN}
            case ast.Attribute():
                return {found for kind in self._kinds(node.value, scope) for found in self._attribute(kind, node.attr)}
            case ast.Call():
                return self._result(node, scope, ast.FunctionDef)
            case ast.Await(ast.Call() as call):
                return self._result(call, scope, ast.AsyncFunctionDef)
            case ast.IfExp(_, one, other):
                return {*self._kinds(one, scope), *self._kinds(other, scope)}
            case ast.BoolOp(_, values):
                return {kind for value in values for kind in self._kinds(value, scope)}
            case ast.NamedExpr(_, value):
                return self._kinds(value, scope)
        return {_FOREIGN} if isinstance(node, _DISPLAYS) else {ANYTHING}

    def _attribute(self, kind: str, name: str) -> set[str]:
        """What an attribute of an object of class `kind` may be."""
        if kind == ANYTHING:
            return {ANYTHING}.union(*(self._attribute(other, name) for other in tuple(self._out)))
        if kind == _FOREIGN:
            return {ANYTHING}
        found = {*self._found[kind, name], *self._found[_ANY_OBJECT, name]}
        method = self._method(kind, name)
        if method:
            is_property = [ast.unparse(decorator) for decorator in method.decorator_list] == ["property"]
            found |= self._returned(method, ast.FunctionDef) if is_property else {ANYTHING}
        return found | {ANYTHING} if ANYTHING in self._lines[kind] else found

    def _result(self, call: ast.Call, scope: Scope, how: type[Method]) -> Collection[str]:
        """What a call gives, or for `AsyncFunctionDef` the call when it is awaited."""
        function = call.func
        if how is ast.FunctionDef and self._is_made_outside(function, scope):
            return {_FOREIGN}
        if isinstance(function, ast.Name):
            if function.id in self._classes and how is ast.FunctionDef:
                return {function.id}
            return self._returned(self._functions.get(function.id), how)
        if not isinstance(function, ast.Attribute):
            return {ANYTHING}
        methods, others = self._methods(function, scope)
        return ({ANYTHING} if others else set()).union(*(self._returned(method, how) for method in methods))

    def _is_made_outside(self, function: ast.expr, scope: Scope) -> bool:
        """True for a call that makes an object of a class from outside."""
        match function:
            case ast.Attribute(ast.Name(module), name) if module.startswith(":"):
                return name[0].isupper() or name in _MADE_OUTSIDE
            case ast.Name(name) if name.startswith(":"):
                last = name.rpartition(".")[2].lstrip(":")
                return last[0].isupper() or last in _MADE_OUTSIDE
            case ast.Name(name):
                return name in _MADE_OUTSIDE and not self._found.get((scope, name))
        return False

    def _returned(self, function: Method | None, how: type[Method]) -> set[str]:
        if not isinstance(function, how) or function in self._generators:
            self._get_out(self._found[function, _RETURNED])  # whoever waits for it has it
            return {ANYTHING}
        return self._found[function, _RETURNED]


def _are_pairs(target: ast.expr, value: ast.expr) -> bool:
    return isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts)
