"""Bytecode that a node moves out of its heap does what it did; what is not as it was listed stays where it is."""

import ast
import json
import re
import struct
import subprocess
from pathlib import Path

import pytest

from loa.firmware import FIRMWARE, moved
from loa.provision.movable import movable
from loa.provision.slot import compile_text, compiled, linked
from loa.sim.runtime import find_runtime

CODE, INNER, TABLE, FUNCTION, TEXT = moved.CODE, moved.INNER, moved.TABLE, moved.FUNCTION, moved.TEXT
MODULE = (
    """
NAMED = "a text that has a name of its own"
def tells(a):
    return [NAMED + a, "{} is a text of more than ten letters".format(a), b"some bytes".decode(), "short"]
def plain(a, b=2):
    return [a, b, "plain"] + [one * a for one in range(b)]
def outer(a):
    def inner(b):
        return a + b
    return inner
def steps(n):
    for one in range(n):
        yield one * one
class Base:
    def __init__(self, a):
        self.a = a
    def method(self, b):
        return self.a, b, "of the class"
    def append(self, b):
        return self.a + b
    @property
    def whole(self):
        return self.a * 10
    @staticmethod
    def fixed(a, b):
        return a * b + a
class Heir(Base):
    def method(self, b):
        return "heir", super().method(b)
    def twice(self):
        return 1
    def twice(self):
        return 2
    def a_name_that_is_longer_than_a_record(self):
        return 3
async def waits(a):
    return a
def moves(a):
    return a()
def large(a):
"""
    + "    a = a * 3 - a + 1\n" * 300
    + "    return a % 1000\n"
)
PROGRAM = """
import gc, json, sys, uctypes
sys.path.insert(0, {folder!r})
sys.path.append({firmware!r})
import m
from node.moved import move
def said():
    h = m.Heir(3)
    return [m.tells("x"), m.plain(2), m.plain(3, b=4), m.outer(1)(2), list(m.steps(5)), h.method(1), h.whole, h.fixed(2, 3), h.twice(), h.append(4), m.large(0)]
class Memory:
    def __init__(self, size):
        self.all = bytearray(size)
        self.left = size
    def spare(self, size):
        if self.left >= size:
            self.left -= size + 7 & ~7
            return memoryview(self.all)[self.left : self.left + size]
    def holds(self, address):
        start = uctypes.addressof(self.all)
        return start + self.left <= address < start + len(self.all)
memory = Memory({size})
slow = Memory({slow})
before = said()
gc.collect()
free = gc.mem_free()
move("m", {folder!r} + "/m.moved", memory, slow)
gc.collect()
freed = gc.mem_free() - free
junk = [bytes([255]) * 40 for _ in range(2000)]
print(json.dumps([{size} - memory.left, {slow} - slow.left, freed, before == said(), before]))
"""
_RECORD = struct.Struct("<24sHIBx")
_OBJECT = 4 * 8
_RAW = 3 * 8


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A folder with the module and its list."""

    def one(text: str) -> bytes:
        return compile_text(text, find_runtime().march, tmp_path, "-O3", name="m")

    content = one(MODULE)
    (tmp_path / "m.moved").write_bytes(movable(MODULE, content, one, ["moves"]))
    (tmp_path / "module.py").unlink()
    (tmp_path / "m.mpy").write_bytes(content)
    return tmp_path


def run(folder: Path, size: int = 6144, slow: int = 512) -> list:
    """Bytes taken of the memory and of the slow one, bytes by which the heap became smaller, whether everything says the same, and what it says."""
    program = PROGRAM.format(folder=str(folder), firmware=str(FIRMWARE), size=size, slow=slow)
    done = subprocess.run([find_runtime().command, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def records(listed: bytes) -> list[tuple[str, int, int]]:
    """Name, bytes and kind."""
    return [(name.rstrip(b"\0").decode(), size, kind) for name, size, _crc, kind in _RECORD.iter_unpack(listed)]


def sizes(listed: bytes, *kinds: int) -> list[int]:
    """What records of these kinds take where they are moved to, words being of 8 bytes."""
    taken = {CODE: lambda size: size, INNER: lambda size: size, TABLE: lambda size: size * (8 + _RAW), FUNCTION: lambda _: _OBJECT}
    taken[TEXT] = lambda size: (size + 8 & ~7) + _OBJECT
    return [taken[kind](size) + 7 & ~7 for _name, size, kind in records(listed) if kind in kinds]


def test_listed_is_what_can_be_reached_by_one_name_code_before_texts_before_functions(made: Path) -> None:
    listed = records((made / "m.moved").read_bytes())
    code = [name for name, _size, kind in listed if kind == CODE]
    assert {
        "plain",
        "outer",
        "steps",
        "waits",
        "Base.method",
        "Base.fixed",
        "Base.__init__",
        "Base.append",
        "Base.whole",
        "Heir.method",
    } <= set(code)
    assert not set(code) & {"moves", "Base", "inner", "outer.inner", "Heir.twice", "Heir.a_name_that_is_longer_than_a_record"}
    assert [(name, kind) for name, _size, kind in listed if kind in (INNER, TABLE)] == [
        ("plain/0", INNER),
        ("plain", TABLE),
        ("outer/0", INNER),
        ("outer", TABLE),
    ]
    functions = {name for name, _size, kind in listed if kind == FUNCTION}
    assert functions == set(code) - {"plain", "Base.whole", "Base.fixed"}  # a default, a property, a static method
    texts = [name for name, _size, kind in listed if kind == TEXT]
    assert len(texts) == 4 and sum(name.endswith(".NAMED") for name in texts) == 1
    kinds = [kind for _name, _size, kind in listed]
    assert [kind for kind in kinds if kind not in (INNER, TABLE)] == [CODE] * len(code) + [TEXT] * 4 + [FUNCTION] * len(functions)
    of_code = [size for _name, size, kind in listed if kind == CODE]
    assert of_code == sorted(of_code, reverse=True)


def test_what_was_moved_does_what_it_did_and_is_no_longer_in_the_heap(made: Path) -> None:
    taken, slow, freed, same, said = run(made)
    raw = (made / "m.moved").read_bytes()
    closure = next(
        size for name, size, kind in records(raw) if (name, kind) == ("Heir.method", CODE)
    )  # what asks for `super()` is none of the kind
    moved = sum(sizes(raw, CODE, INNER, TABLE, FUNCTION, TEXT)) - (closure + 7 & ~7) - _OBJECT
    texts = sum(sizes(raw, TEXT))
    assert taken + slow == moved and texts < slow <= 512, "functions fill what texts leave"
    assert same and said[3:5] == [3, [0, 1, 4, 9, 16]]
    assert texts and freed > moved - 500  # what imports left counted in


def test_functions_and_texts_are_others_where_they_are_looked_for(made: Path) -> None:
    """Whoever had one before keeps it."""
    program = PROGRAM.partition("before = ")[0] + (
        "before = [m.tells, m.steps, m.outer, m.Base.method, m.Base.__dict__['fixed'], m.NAMED]\n"
        "old = m.Base(3).method\n"
        "move('m', {folder!r} + '/m.moved', memory, slow)\n"
        "after = [m.tells, m.steps, m.outer, m.Base.method, m.Base.__dict__['fixed'], m.NAMED]\n"
        "gc.collect()\n"
        "print(json.dumps([[one is other for one, other in zip(before, after)], before[5] == after[5], old(1), before[0]('y') == m.tells('y')]))\n"
    )
    done = subprocess.run(
        [find_runtime().command, "-c", program.format(folder=str(made), firmware=str(FIRMWARE), size=6144, slow=512)],
        capture_output=True,
        text=True,
        check=False,
    )
    same, *said = json.loads(done.stdout)
    assert same == [False, False, False, False, True, False] and said == [True, [3, 1, "of the class"], True], done.stderr


def test_what_finds_no_room_stays(made: Path) -> None:
    raw = (made / "m.moved").read_bytes()
    largest = sizes(raw, CODE)[0]
    assert run(made, largest, 8)[:2] == [largest, 0]
    of_code = sum(sizes(raw, CODE, INNER, TABLE))
    for size in range(largest, of_code, 24):  # between any two, in the middle of a function with others inside too
        taken, _texts, _freed, same, _said = run(made, size, 0)
        assert largest <= taken <= size and same


def test_what_is_not_as_it_was_listed_stays(made: Path) -> None:
    """Another compiler, another module, another layout of functions."""
    before = sum(run(made)[:2])
    raw = bytearray((made / "m.moved").read_bytes())
    listed = records(raw)
    inner = [name for name, _size, _kind in listed].index("outer/0")
    text = [kind for _name, _size, kind in listed].index(TEXT)
    for changed in (0, inner, text):
        raw[_RECORD.size * changed + 26] ^= 1
    (made / "m.moved").write_bytes(raw)
    *now, _freed, same, _said = run(made)
    lost = [
        sizes(raw, CODE)[0] + _OBJECT,
        sizes(raw[inner * 32 :], INNER)[0] + sizes(raw[inner * 32 :], TABLE)[0] + _OBJECT,
        sizes(raw, TEXT)[0],
    ]
    assert sum(now) == before - sum(lost), "`large`, what stands in `outer` with the table of it, those two functions themselves, a text"
    assert same
    for at in range(0, len(raw), _RECORD.size):
        raw[at : at + 4] = b"none"
    (made / "m.moved").write_bytes(raw[: _RECORD.size * text])
    assert run(made)[:2] == [0, 0]


def test_the_list_of_the_application_has_most_of_its_code_and_no_other_slot_has_one() -> None:
    raw = compiled("x64", True)["node/app.moved"]
    listed = records(raw)
    assert sum(sizes(raw, CODE, INNER, TABLE, FUNCTION)) > 20_000
    module = ast.parse(linked("x64", True).texts["node.app"])
    classes = [node for node in module.body if isinstance(node, ast.ClassDef)]
    there = functions_of(module) | {f"{one.name}.{name}" for one in classes for name in functions_of(one)}
    assert {name for name, _size, kind in listed if kind in (CODE, FUNCTION)} <= there
    assert "node/app.moved" not in compiled("x64", False)


def test_the_list_of_the_application_has_not_what_is_under_way_when_it_is_read() -> None:
    texts = linked("x64", True).texts
    module = ast.parse(texts["node.app"])
    (start,) = [node for node in module.body if isinstance(node, ast.FunctionDef) and "application(" in ast.unparse(node)]
    listed = {raw[:24].rstrip(b"\0").decode() for raw in re.findall(b"(?s).{32}", compiled("x64", True)["node/app.moved"])}
    assert listed and start.name not in listed


def functions_of(tree: ast.Module | ast.ClassDef) -> set[str]:
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
