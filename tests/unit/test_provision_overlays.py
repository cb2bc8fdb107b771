"""Overlays: what is moved does what it did, and only what may be moved is."""

import ast
import re
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.test_provision_link import outcome

from loa.provision.link import LOADER, link
from loa.provision.link.attributes import known_names
from loa.provision.link.letters import built_in_names
from loa.provision.link.modules import LinkError
from loa.provision.overlays import overlays
from loa.provision.slot import compiled, linked
from loa.provision.sources import sources
from loa.tighten.mpy import names

LATE = """
import sys
def overlay(number):
    name = "p.overlay" + str(number)
    module = __import__(name, None, None, ("*",))
    del sys.modules[name]
    print("loads", number)
    return module
"""
USER = """
from p import late
from p.base import Thing, Heir, Odd, twice, thrice, WORD
import math
def work(thing, *more):
    return thing.total(1), thing.only(2, b=3), thing.note(), more
def main():
    thing = Thing(5, name="n")
    call = thing.total
    print(work(thing, 1, 2), call(7), isinstance(thing, Thing), Heir(3).total(2), Odd().only_odd(), twice(4), math.floor(2.5), thing.size)
    try:
        thing.fail(WORD)
    except Odd as odd:
        print("odd", odd.why)
    print([twice(number) for number in range(3)], sorted([3, 1], key=lambda number: -twice(number)), thrice(1, [2], 3))
"""
BASE = """
WORD = "a long text that is a constant"
_TABLE = (1, 2, (3, 4))
_OTHER = "another long text that is one"
class Odd(Exception):
    def __init__(self, why=None):
        self.why = why
    def only_odd(self):
        return twice(_TABLE[0]), thrice(1)
class Thing:
    kind = "thing"
    def __init__(self, first, name=_OTHER):
        self.first = first
        self.name = name
    def total(self, more, *others):
        return self.first + more + sum([self._part(other) for other in others]) + len(_TABLE)
    def only(self, a, b=2):
        return self._part(a) + b, self.name, self.kind
    def note(self):
        if self.first > 3:
            return self.total(0, 1, 2)
        return None
    def _part(self, number):
        return twice(number) if number else _TABLE[2][1] + self.first * 3 - (self.first * 2 + self.first)
    def fail(self, why):
        raise Odd(why)
    @property
    def size(self):
        return self.first
class Heir(Thing):
    def total(self, more, *others):
        return "heir", super().total(more, *others)
def twice(number):
    return 2 * number
def thrice(number, *more):
    return [twice(number) + number, list(more), _helper(number)]
def _helper(number):
    return _OTHER[number]
"""
TEXTS = {"p.__init__": "", "p.late": LATE, "p.base": BASE, "p.user": USER}
ENTRIES = [
    "p.base",
    "p.base:Thing",
    "p.base:Odd",
    "p.base:twice",
    "p.base:thrice",
    "p.base:Thing.total",
    "p.base:Thing.only",
]
ENTRIES += ["p.base:Thing._part", "p.base:Thing.__init__", "!p.base:Thing.total", "!p.base:twice", "p.user:work", "p.base:Odd.only_odd"]


def loaded(entries):
    """What the program prints with these overlays, and what it loads."""
    texts = link(TEXTS, {"p.user": ("main",)}, overlays=entries, loader="p.late:overlay").texts
    numbers = {name: number for number, name in enumerate(entries)}
    texts = {f"p.overlay{numbers[name]}" if name in entries else name: text for name, text in texts.items()}
    lines = outcome(texts).splitlines()
    return [line for line in lines if not line.startswith("loads ")], [line for line in lines if line.startswith("loads ")]


@settings(deadline=None)
@given(st.lists(st.sampled_from(ENTRIES), unique=True), st.lists(st.sampled_from(ENTRIES), unique=True))
def test_random_overlays_do_the_same(one, two):
    said, _ = loaded({"one": tuple(one), "two": tuple(two)})
    assert said == outcome(TEXTS).splitlines()


def parts(entries, **modules):
    """Texts of a program with overlays, by module."""
    texts = {"p.__init__": "", "p.late": LATE, **{f"p.{name}": text for name, text in modules.items()}}
    texts["p.user"] = "from p import late\n" + texts["p.user"]
    return link(texts, {"p.user": ("main",)}, overlays=entries, loader="p.late:overlay").texts


def test_what_is_only_used_in_an_overlay_goes_there_too():
    user = "_LONG = 'a text of more than ten letters' * 2\ndef help(): return _LONG\ndef work(): return help()\ndef main(): return work()"
    texts = parts({"far": ("p.user:work",)}, user=user)
    assert "a text of more" not in texts["p.user"] and "a text of more" in texts["far"] and texts["p.user"].count("def ") == 2


def test_a_class_keeps_a_method_only_for_those_who_may_call_another():
    methods = "    def compute(self, a, b):\n        c = a + b\n        return [c, c * 2, c * 3, c * 4, c * 5, c * 6]\n"
    one, two = f"class One:\n{methods}", f"class Two:\n{methods}"
    far = {"far": ("p.user:One",)}
    kept = parts(far, user=f"{one}{two}def main(x): return One(), Two(), x.compute(1, 2)")["p.user"]
    assert kept.count("def ") == 4  # overlay, main, and both methods
    gone = parts(far, user=f"{one}def main(x): return One(), x.compute(1, 2)")["p.user"]
    assert gone.count("def ") == 2


def test_what_is_needed_when_the_application_is_loaded_cannot_be_moved():
    with pytest.raises(LinkError, match="when the application is loaded"):
        parts({"far": ("p.user:make",)}, user="def make(): return 1\nMADE = make()\ndef main(): return MADE")


@pytest.mark.parametrize("entry", ["p.nothing", "p.user:nothing", "p.user:Thing.nothing", "p.user:Thing.__enter__"])
def test_what_is_not_there_or_has_to_stay_is_refused(entry):
    with pytest.raises(LinkError, match="an overlay names"):
        parts({"far": (entry,)}, user="class Thing:\n    def __enter__(self): return self\ndef main(): return Thing()")


def test_overlays_are_called_by_number():
    entries = {"one": ("p.user:work",), "math": ("p.user:rest",)}
    user = "import math\ndef work(): return rest()\ndef rest(): return math.pi\ndef main(): return work()"
    made = parts(entries, user=user)
    assert "(0)." in made["p.user"] and "(1)." in made["one"] and "import math" in made["math"]


# The application's own, which a lean node has all of


def test_nothing_that_stays_holds_on_to_an_overlay():
    """A function that is made in an overlay and kept would keep all of it; one that says how to sort is gone at once."""
    passing = {"answers", "answer_of"}
    for name in overlays(lean=True):
        tree = ast.parse(linked(lean=True).texts[name])
        sorting = [
            keyword.value for call in ast.walk(tree) if isinstance(call, ast.Call) for keyword in call.keywords if keyword.arg == "key"
        ]
        functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
        inner = [part for function in functions for part in ast.walk(function) if part is not function]
        kept = [node for node in inner if isinstance(node, ast.Lambda) and node not in sorting]
        kept += [node for node in inner if isinstance(node, ast.FunctionDef) and node.name not in passing]
        assert not kept, ast.unparse(kept[0])


def test_no_overlay_is_loaded_before_what_it_is_called_with_was_waited_for():
    """A function is found before its arguments are: its overlay would be in memory for as long as they take."""
    for text in linked(lean=True).texts.values():
        for call in (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            if re.fullmatch(r"\w+\(\d+\)", ast.unparse(call.func.value)):
                arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
                assert not any(isinstance(part, ast.Await) for argument in arguments for part in ast.walk(argument)), ast.unparse(call)


def test_tasks_and_native_code_stay():
    for name in overlays(lean=True):
        text = linked(lean=True).texts[name]
        assert "@micropython." not in text
        for loop in (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.While) and ast.unparse(node.test) == "True"):
            assert any(isinstance(node, ast.Return | ast.Break | ast.Raise) for node in ast.walk(loop)), ast.unparse(loop)


def test_the_code_of_a_node_is_small():
    """What a node keeps, and what it loads for moments beside it. Bytecode is smaller than its RAM."""
    assert len(compiled("xtensawin")["node/app.mpy"]) < 71_000
    lean = compiled("xtensawin", lean=True)
    assert len(lean["node/app.mpy"]) < 44_000  # what `node/app.moved` lists leaves the heap
    left = len(lean["node/app.mpy"]) - sum(size for _name, size, _crc in struct.iter_unpack("<24sHI2x", lean["node/app.moved"]))
    assert left < 15_000
    assert max(len(lean[f"{number}.mpy"]) for number in range(len(overlays(lean=True)))) < 8_000


def test_the_names_of_a_node_are_few():
    """Of all that a small one may load in its life, but for what lists of MicroPython's names have. The image itself has some fifty more, its table doubles
    at 300."""
    lean = compiled("xtensawin", lean=True)
    apart = ("node/portal/", "node/audio/mp3/", "node/drivers/", "microdot")
    there = {name for path, content in lean.items() if path.endswith(".mpy") and not path.startswith(apart) for name in names(content)}
    assert len(there - known_names() - set(built_in_names())) < 330


def test_the_loader_is_there():
    module, _, function = LOADER.partition(":")
    assert f"def {function}(" in sources()[module]
