"""An application that is joined does what its modules do: random programs, worked examples, and the rules of what keeps its name."""

import ast
import contextlib
import importlib.abc
import importlib.util
import io
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import loa.bench
from loa.errors import LoaError
from loa.provision.link import link
from loa.provision.link.attributes import known_names
from loa.provision.link.modules import Definition
from loa.provision.slot import ENTRY, LINES, compiled, linked
from loa.provision.traceback import written_out
from loa.sim.runtime import find_runtime

NAMES = st.sampled_from(["_a", "_b", "_total", "A", "B", "a", "b", "box", "value", "print", "Box", "parts"])
PLACES = ("constant", "kind", "base", "held", "method", "inner", "one", "two", "local", "outside")
BASE = """
{constant} = 3
_LONG = "a text of more than ten letters"
class {base}:
    {held} = _LONG
    def {method}(self, {one}, {two}={constant}):
        {local} = [{one} + {two} for {one} in range({two})]
        def {inner}({one}):
            return {one}, {local}
        return {inner}({two}), (lambda {two}: {two} * {one})(7), len({local})
def {outside}({one}):
    return {one}, {constant}
"""
USER = """
from p.base import {base}
from p import base
_LONG = 5
class {kind}({base}):
    def __init__(self, {one}=_LONG):
        self.{held}_2 = {one}, base.{constant}
    def other(self, {two}):
        return self.{method}({two}), self.{held}_2, self.{held}, base.{outside}({two})
def main():
    print({kind}(4).other(2), {kind}().{held}_2, f"{{base.{constant}:>5}} {{{base}().{method}(1)}}")
"""


class _Texts(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports modules from a dict."""

    def __init__(self, texts):
        self._texts = texts

    def find_spec(self, name, path, target=None):
        package = name + ".__init__" in self._texts or any(other.startswith(name + ".") for other in self._texts)
        known = package or name in self._texts
        return importlib.util.spec_from_loader(name, self, is_package=package) if known else None

    def exec_module(self, module):
        name = module.__name__
        exec(compile(self._texts.get(name, self._texts.get(name + ".__init__", "")), name, "exec"), module.__dict__)


def outcome(texts, root="p.user"):
    """What `main` of the root prints, or what kind of error it is."""
    finder, said = _Texts(texts), io.StringIO()
    sys.meta_path.insert(0, finder)
    try:
        with contextlib.redirect_stdout(said):
            try:
                importlib.import_module(root).main()
            except (NameError, TypeError, AttributeError, UnboundLocalError) as error:
                return type(error)
    finally:
        sys.meta_path.remove(finder)
        for name in [name for name in sys.modules if name == "p" or name.startswith("p.")]:
            del sys.modules[name]
    return re.sub(r"<.+?>+", "<thing>", said.getvalue().replace("<locals>", ""))  # functions and objects say their names


@given(st.fixed_dictionaries(dict.fromkeys(PLACES, NAMES)))
def test_random_programs_do_the_same(names):
    texts = {"p.__init__": "", "p.base": BASE.format(**names), "p.user": USER.format(**names)}
    defined = [[names["constant"], "_LONG", names["base"], names["outside"]], [names["base"], "base", "_LONG", names["kind"], "main"]]
    # A class body that uses a name of the module before it gives it a meaning of its own is not read right, and nobody should write one.
    if any(len(set(group)) < len(group) for group in defined) or names["constant"] in (names["held"], names["method"]):
        return
    try:
        for name, text in texts.items():
            compile(text, name, "exec")
    except SyntaxError:  # a function with two parameters of one name
        return
    assert outcome(link(texts, {"p.user": ("main",)}).texts) == outcome(texts)


def joined(**modules):
    """The joined text of modules of a package; `user` is the root, and its `main` uses what it defines."""
    texts = {"p.__init__": "", **{f"p.{name}": text for name, text in modules.items()}}
    used = [f"{node.name}()" for node in ast.parse(modules["user"]).body if isinstance(node, Definition)]
    used += [name.id for node in ast.parse(modules["user"]).body if isinstance(node, ast.Assign) for name in node.targets]
    texts["p.user"] += f"\ndef main(): return [{', '.join(used)}]\n"
    return link(texts, {"p.user": ("main",)}).texts


def test_small_constants_are_put_where_they_are_used():
    text = joined(
        user="from p.limits import MOST\nfrom p import limits\ndef f(): return MOST, limits.WORD, limits.BIG",
        limits='from micropython import const\n_HALF = const(8)\nMOST = const(_HALF * 2)\nWORD = "short"\nBIG = const(1 << 31)',
    )["p.user"]
    big = re.search(r"return \(16, 'short', (\w+)\)", text)[1]
    assert "const" not in text and f"{big} = 1 << 31" in text


def test_attributes_of_different_classes_share_names():
    text = joined(user="class One:\n    def __init__(self): self.first = 1\nclass Two:\n    def __init__(self): self.second = 2")["p.user"]
    assert re.search(r"self\.(\w+) = 1\b(?s:.*)self\.\1 = 2", text)


@pytest.mark.parametrize(
    "text",
    [
        "class Stream(asyncio.StreamReader):\n    def __init__(self): self.ours = 1",  # its base may have an attribute of any name
        "class Thing:\n    def __init__(self): self.ours = 1\ndef f(x): return getattr(x, 'ours')",
        "class Thing:\n    def __init__(self): self.ours = 1\ndef f(x, names=('ours',)): return [getattr(x, name) for name in names]",
        "from collections import namedtuple\nclass T:\n    def ours(self): pass\nN = namedtuple('N', ('ours',))",
        "class File:\n    def readinto(self): pass\n    ours = readinto",
        "class Thing:\n    def __init__(self, other): self._loop = other._loop",  # `_loop` is known of a class of the runtime
    ],
)
def test_an_attribute_that_others_may_mean_keeps_its_name(text):
    kept = next(name for name in ("readinto", "_loop", "ours") if name in text)
    assert re.search(rf"\b{kept}\b", joined(user=text)["p.user"])


@pytest.mark.parametrize(
    "text",
    [
        "class Thing:\n    def __init__(self, ours): self.ours = ours\ndef f(): return Thing(ours='ours'), {'ours': 1}",
        "class Thing:\n    def __init__(self): self._loop = 1",
    ],
)
def test_an_attribute_that_nobody_else_can_mean_does_not(text):
    assert not re.search(r"self\.(ours|_loop) = ", joined(user=text)["p.user"])


def test_what_late_modules_define_for_others_has_another_name_unless_somebody_looks_for_it():
    kinds = "LOWEST = [7]\nclass Kind:\n    def say(self): return _own() + LOWEST\ndef _own(): return [1]\n"
    far = "from p.kinds import Kind, LOWEST\nTABLE = Kind().say()\ndef make(LIMIT): return Kind().say(), LIMIT, LOWEST\ndef _own(): return [2]\n"
    user = (
        "def work(Kind):\n    from p.far import make, TABLE as known\n    from p import kinds\n    return make(Kind), known, kinds.LOWEST\n"
    )
    texts = {"p.__init__": "", "p.kinds": kinds, "p.far": far, "p.user": user + "def main(): print(work(5))"}
    linked = link(texts, {"p.user": ("main",)}).texts
    assert outcome(linked) == outcome(texts)
    assert "make" not in linked["p.far"] and "class Kind" not in linked["p.kinds"] and "LOWEST" in linked["p.kinds"]


def test_variables_of_functions_are_no_names_of_the_module():
    text = joined(
        user="LIMITS = [1]\ndef f(size):\n    total = size + LIMITS[0]\n    for one in LIMITS:\n        total += one\n    return total"
    )["p.user"]
    first = text.splitlines()[1]
    assert first.startswith("    self.") and "total" not in first and "one" not in first


def test_no_attribute_hides_a_name_of_the_module_in_the_body_of_its_class():
    methods = "".join(f"    def method_{number}(self): return {number}\n" for number in range(5))
    user = f"def show(): return 'shown'\nclass One:\n{methods}    def last(self, more=show): return more(), self.method_1()\n"
    texts = {"p.user": user + "def main(): print(One().last())"}
    assert outcome(link(texts, {"p.user": ("main",)}).texts) == outcome(texts)


def test_names_are_those_of_the_runtime_as_long_as_there_are_some():
    user = "".join(f"def long_name_{number}(): pass\n" for number in range(400))
    made = re.findall(r"^def (\w+)", joined(user=user)["p.user"], re.M)
    known = {name for name in made if name in known_names()}
    assert len(made) == len(set(made)) == 401 and 200 < len(known) < 300


def test_modules_that_are_loaded_late_stay_and_find_what_was_joined():
    late = "from p.base import Thing, LIMIT\nfrom p import base\nNAME = 'x' * LIMIT\ndef make(): return Thing(), base.twice(2)"
    user = "from p import base\ndef work():\n    from p import late\n    return late.make()[1], late.NAME, base.LIMIT"
    base = "LIMIT = 3\nclass Thing: pass\ndef twice(number): return 2 * number"
    texts = link(
        {"p.__init__": "", "p.late": late, "p.base": base, "p.user": user + "\ndef main(): print(work())"}, {"p.user": ("main",)}
    ).texts
    assert set(texts) == {"p.__init__", "p.late", "p.user"} and outcome(texts) == "(4, 'xxx', 3)\n"


def test_what_a_late_module_has_for_itself_gets_short_names():
    late = "_LONG_ONES = [1, 2]\nclass _Held:\n    def get(self): return _LONG_ONES\ndef make(): return _Held().get()"
    user = "def main():\n    from p import late\n    print(late.make())"
    texts = {"p.__init__": "", "p.late": late, "p.user": user}
    linked_texts = link(texts, {"p.user": ("main",)}).texts
    assert "_LONG" not in linked_texts["p.late"] and "_Held" not in linked_texts["p.late"] and "def make" in linked_texts["p.late"]
    assert outcome(linked_texts) == outcome(texts) == "[1, 2]\n"


def test_its_functions_can_still_be_told():
    texts = {"p.__init__": "", "p.late": "def _two(): pass\ndef make(): return _two()", "p.user": "def main():\n    from p import late"}
    assert ["p.late._two"] in link(texts, {"p.user": ("main",)}).functions.values()


def test_attributes_that_a_guest_asks_for_keep_their_names():
    user = "class Board:\n    def __init__(self): self.wattage = self.other = 1\ndef main(): pass\n"
    text = link({"p.user": user}, {"p.user": ("main", "Board")}, ["from p.user import Board\nprint(Board().wattage)"]).texts["p.user"]
    assert re.search(r"self\.wattage = self\.(?!other)\w+ = 1", text)


def test_what_the_bench_imports_on_a_board_is_there():
    for path in (Path(loa.bench.__file__).parent / "on_board").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("node."):
                assert {alias.name for alias in node.names} <= set(ENTRY[node.module])


def test_no_short_name_is_a_keyword():
    attributes = "".join(f"        self.made_{number} = {number}\n" for number in range(4000))
    compile(joined(user=f"class Many:\n    def __init__(self):\n{attributes}")["p.user"], "joined", "exec")


def test_other_roots_are_still_there():
    texts = link({"p.a": "from p.b import B\ndef main(): return B", "p.b": "class B: pass"}, {"p.a": ("main",), "p.b": ("B",)}).texts
    assert re.fullmatch(r"from p\.a import (\w+) as B\n", texts["p.b"])


@pytest.mark.parametrize(
    "text, told",
    [
        ("def f(): pass\nf = 1", "more than once"),
        ("count = 0\ndef f():\n    global count", "global count"),
        ("from p import base\nMODULES = [base]", "base is used as a value"),
        ("from p import base\nbase.nothing()", "has no nothing"),
        ("from p.base import nothing", "has no nothing"),
        ("import os as system", "import os as system"),
    ],
)
def test_what_cannot_be_joined_is_refused(text, told):
    with pytest.raises(LoaError, match=told):
        joined(user=text, base="")


def test_tracebacks_are_written_out():
    text = 'Traceback (most recent call last):\n  File "node.app", line 1, in Ab\n  File "node.app", line 1, in who\nTypeError: Ab\n'
    told = written_out(text, {"Ab": ["node.x.twice", "node.w.once"]})
    assert told == text.replace("in Ab", "in Ab (node.w.once, node.x.twice)")


def test_every_function_of_the_application_can_be_told():
    told = [name for names in linked().functions.values() for name in names]
    assert "node.app.main" in told and "node.audio.player.Player.run" in told and len(told) == len(set(told))


def test_with_lines_the_application_tells_where_it_failed(tmp_path, monkeypatch):
    runtime = find_runtime()
    monkeypatch.setenv(LINES, "1")
    compiled.cache_clear()
    for path, content in compiled(runtime.march).items():
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    compiled.cache_clear()
    program = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from node.bus import encoding; encoding.from_base64url(1)"
    said = subprocess.run([runtime.command, "-c", program], capture_output=True, text=True, check=False).stdout
    assert re.search(r'File "node.bus.encoding", line [2-9]\d?, in from_base64url', said), said
