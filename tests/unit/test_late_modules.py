"""Native code stays in the chip's memory for ever, so it is loaded once, at boot."""

from loa.provision.link.modules import Program, load_order
from loa.provision.slot import ENTRY
from loa.provision.sources import sources


def test_no_module_with_native_code_is_loaded_late():
    program = Program.parse(sources(), tuple(ENTRY))
    native = {module.removesuffix(".__init__") for module, text in sources().items() if "@micropython." in text}
    assert native and native <= set(program.order)


def test_modules_are_loaded_after_what_they_need():
    needs = {"p": [], "p.a": ["p.q.c"], "p.b": [], "p.q": [], "p.q.c": ["p.b", "p.a"]}
    order = load_order(needs, ["p.a"])
    assert sorted(order) == sorted(needs) and order[0] == "p"
    assert order.index("p.b") < order.index("p.q.c") < order.index("p.a")
    assert load_order(needs, ["p.b", "p.none"]) == ["p", "p.b"]
