"""Native code stays in the chip's memory for ever, so it is loaded once: at boot, or for good."""

import ast

from loa.provision.link.modules import Program, imported_modules, load_order
from loa.provision.slot import ENTRY
from loa.provision.sources import sources


def let_go(tree):
    """The modules that are imported in a `with Loading():`."""
    for block in ast.walk(tree):
        if isinstance(block, ast.With) and ast.unparse(block.items[0].context_expr) == "Loading()":
            yield ast.Module(block.body, [])


def test_no_module_with_native_code_is_loaded_more_than_once():
    program = Program.parse(sources(), tuple(ENTRY))
    needs = {module: list(imported_modules(tree, program.trees)) for module, tree in program.trees.items()}
    roots = {name for tree in program.trees.values() for block in let_go(tree) for name in imported_modules(block, program.trees)}
    passing = set(load_order(needs, roots)) - set(program.order)
    native = {module.removesuffix(".__init__") for module, text in sources().items() if "@micropython." in text}
    assert native and passing and not native & passing


def test_modules_are_loaded_after_what_they_need():
    needs = {"p": [], "p.a": ["p.q.c"], "p.b": [], "p.q": [], "p.q.c": ["p.b", "p.a"]}
    order = load_order(needs, ["p.a"])
    assert sorted(order) == sorted(needs) and order[0] == "p"
    assert order.index("p.b") < order.index("p.q.c") < order.index("p.a")
    assert load_order(needs, ["p.b", "p.none"]) == ["p", "p.b"]
