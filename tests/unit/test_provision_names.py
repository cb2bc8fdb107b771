"""Short names change nothing that a program does: worked examples, random programs, and the rules of what keeps its name."""

import ast
import contextlib
import io
import re
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loa.provision.names import shortened, written_out
from loa.provision.slot import LINES, compiled
from loa.provision.sources import sources
from loa.sim.runtime import find_runtime

NAMES = st.sampled_from(["_a", "_b", "_total", "_limit", "_Box", "_put", "a", "b", "box", "value", "rate", "self"])
PROGRAM = """
{constant} = 3

class {kind}:
    def __init__({me}, {one}={constant}):
        {me}.{held} = {one}

    def {method}({me}, {one}, {two}):
        def {inner}({three}):
            return [{me}.{held}, {constant}, {one}, {two}, {three}]
        return {inner}({two} + {one}), (lambda {three}: {three} * {one})(7)

print({kind}(4).{method}(1, 2), {kind}().{held}, f"{{{constant}:>5}} {{{kind}(5).{held}}}")
"""


def outcome(source):
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        try:
            exec(compile(source, "program", "exec"), {"__name__": "program"})
        except (NameError, TypeError, AttributeError) as error:
            return type(error)
    return re.sub(r"<(function|class|bound method|__main__|program)\b.* at \w+>+|<class .*?>", "<thing>", said.getvalue())


@given(st.fixed_dictionaries(dict.fromkeys(("constant", "kind", "held", "method", "inner", "one", "two", "three"), NAMES)))
def test_random_programs_do_the_same(names):
    source = PROGRAM.format(me="self", **names)
    try:
        compile(source, "program", "exec")
    except SyntaxError:  # a function with two parameters of one name
        return
    (text, _) = shortened({"program": source})["program"]
    assert outcome(text) == outcome(source)


def short(**modules):
    return {module: text for module, (text, _) in shortened(modules).items()}


def test_private_names_of_modules_become_the_same_ones():
    texts = short(one="_LIMIT = 1\ndef _twice(number): return 2 * number", two="class _Thing:\n    def __init__(self): self._x = _Thing")
    assert texts["one"] == "_a = 1\n\ndef _b(a):\n    return 2 * a\n"
    assert texts["two"] == "class _a:\n\n    def __init__(self):\n        self._b = _a\n"


@pytest.mark.parametrize(
    "source",
    [
        "import _thread\n_thread.start()",
        "core._io_queue.wait()",
        "class Stream(asyncio.StreamReader):\n\n    def __init__(self):\n        self._buffer = 1",
        "def __getattr__(name):\n    return name == '_late'\n_late = call(name=1)",
        "def sound(_rate):\n    return _rate\nsound(_rate=1)",
    ],
)
def test_what_others_may_mean_keeps_its_name(source):
    assert ast.dump(ast.parse(short(module=source)["module"])) == ast.dump(ast.parse(source))


def test_what_another_module_means_keeps_its_name():
    texts = short(owner="class Gate:\n    def __init__(self):\n        self._open = self._shut = 1", user="print(gate._open)")
    assert "self._open = self._a = 1" in texts["owner"] and "gate._open" in texts["user"]
    both = short(one="class A:\n    def __init__(self): self._x = 1", two="class B:\n    def __init__(self, a): self._x = a._x")
    assert all("self._x" in text for text in both.values())


def test_what_only_the_compiler_needs_is_left_out():
    begin = "from micropython import const\n"
    assert short(module=begin + "_A = const(1)")["module"] == "_a = const(1)\n"
    assert short(module=begin + "A, B = (const(1), const(2))")["module"] == begin + "A, B = (const(1), const(2))\n"


def test_a_constant_is_no_parameter():
    # The compiler would put its value in place of the parameter's name.
    text = short(module="a = const(1)\ndef f(number): return number\ndef g(): return a")["module"]
    assert "def f(b):\n    return b" in text


def test_tracebacks_are_written_out():
    _, names = shortened({"node.x": "def _twice(number): return 2 * number"})["node.x"]
    text = 'Traceback (most recent call last):\n  File "node.x", line 1, in _a\n  File "node.y", line 1, in _a\nTypeError: _a\n'
    assert written_out(text, {"node.x": names}) == text.replace('"node.x", line 1, in _a', '"node.x", line 1, in _twice')


def test_the_application_keeps_no_private_name_longer_than_it_must():
    texts = shortened(sources())
    assert all(len(new) <= 3 for _, names in texts.values() for new in names)
    assert sum(len(names) for _, names in texts.values()) > 500


def test_with_lines_the_application_tells_where_it_failed(tmp_path, monkeypatch):
    runtime = find_runtime()
    program = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from node.bus import encoding; encoding.from_base64url(1)"
    said = []
    for lines in ("", "1"):
        monkeypatch.setenv(LINES, lines)
        compiled.cache_clear()
        for path, content in compiled(runtime.march).items():
            target = tmp_path / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        said.append(subprocess.run([runtime.command, "-c", program], capture_output=True, text=True, check=False).stdout)
    compiled.cache_clear()
    assert 'File "node.bus.encoding", line 1, in from_base64url' in said[0]
    assert 'File "node.bus.encoding", line 1, in' not in said[1] and 'File "node.bus.encoding", line ' in said[1]
