"""Bytecode that a node moves out of its heap does what it did; what is not as it was listed stays where it is."""

import ast
import json
import re
import struct
import subprocess
from pathlib import Path

import pytest

from loa.firmware import FIRMWARE
from loa.provision.movable import movable
from loa.provision.slot import compile_text, compiled, linked
from loa.sim.runtime import find_runtime

TEXT = (
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
import gc, json, sys
sys.path.insert(0, {folder!r})
sys.path.append({firmware!r})
import m
from node.moved import move
def said():
    h = m.Heir(3)
    return [m.tells("x"), m.plain(2), m.plain(3, b=4), m.outer(1)(2), list(m.steps(5)), h.method(1), h.whole, h.fixed(2, 3), h.twice(), h.append(4), m.large(0)]
left = {size}
all = bytearray(left)
def spare(size):
    global left
    if left >= size:
        left -= size + 7 & ~7
        return memoryview(all)[left : left + size]
class Memory:
    spare = staticmethod(spare)
    left = staticmethod(lambda: left)
class Full:
    spare = staticmethod(lambda size: None)
before = said()
gc.collect()
free = gc.mem_free()
moved = move(m, {folder!r} + "/m.moved", Memory, {kept}, {slow})
gc.collect()
freed = gc.mem_free() - free
junk = [bytes([255]) * 40 for _ in range(2000)]
print(json.dumps([moved, freed, before == said(), before]))
"""
_RECORD = struct.Struct("<24sHIBx")
_OBJECT = 4 * 8


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A folder with the module and its list."""

    def one(text: str) -> bytes:
        return compile_text(text, find_runtime().march, tmp_path, "-O3", name="m")

    content = one(TEXT)
    (tmp_path / "m.moved").write_bytes(movable(TEXT, content, one, ["moves"]))
    (tmp_path / "module.py").unlink()
    (tmp_path / "m.mpy").write_bytes(content)
    return tmp_path


def run(folder: Path, size: int = 4096, kept: int = 0, slow: str = "Memory") -> list:
    program = PROGRAM.format(folder=str(folder), firmware=str(FIRMWARE), size=size, kept=kept, slow=slow)
    done = subprocess.run([find_runtime().command, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def records(listed: bytes) -> dict[str, int]:
    """Bytes by name, in the order of the list, that are moved: with the object of a function where that is, of a text always."""
    found = {}
    for name, size, _crc, bare in _RECORD.iter_unpack(listed):
        is_text = name.startswith(b"#")
        found[name.rstrip(b"\0").decode()] = size + is_text + _OBJECT * (bare or is_text)
    return found


def test_listed_is_what_can_be_reached_by_one_name_the_largest_first_and_texts_last(made: Path) -> None:
    raw = (made / "m.moved").read_bytes()
    listed = [(name.rstrip(b"\0").decode(), size) for name, size, _crc, _bare in _RECORD.iter_unpack(raw)]
    names = [name for name, _size in listed if not name.startswith("#")]
    assert {"plain", "outer", "steps", "waits", "Base.method", "Base.fixed", "Base.__init__", "Base.append", "Heir.method"} <= set(names)
    assert not set(names) & {"moves", "Base", "outer.inner", "Heir.twice", "Heir.a_name_that_is_longer_than_a_record"}
    texts = [name for name, _size in listed[len(names) :]]
    assert len(texts) == 4 and all(name.startswith("#") for name in texts) and sum(name.endswith(".NAMED") for name in texts) == 1
    sizes = [size for _name, size in listed]
    assert sizes == sorted(sizes[: len(names)], reverse=True) + sorted(sizes[len(names) :], reverse=True)


def test_what_was_moved_does_what_it_did_and_is_no_longer_in_the_heap(made: Path) -> None:
    moved, freed, same, said = run(made)
    listed = records((made / "m.moved").read_bytes())
    stay = listed["Base.whole"] + listed["Heir.method"]  # a property, and what asks for `super()`, is none of the kind
    inside = 2 * _OBJECT  # of functions with others inside, `outer` and `plain`
    assert moved == sum(listed.values()) - stay - inside + _OBJECT  # `plain` has a default
    assert same and said[3:5] == [3, [0, 1, 4, 9, 16]]
    assert freed > moved - 500  # what imports left counted in


def test_functions_and_texts_are_others_where_they_are_looked_for(made: Path) -> None:
    """Whoever had one before keeps it."""
    program = PROGRAM.partition("left = ")[0] + (
        "before = [m.tells, m.steps, m.Base.method, m.Base.__dict__['fixed'], m.NAMED]\n"
        "old = m.Base(3).method\n"
        + "left = "
        + PROGRAM.partition("left = ")[2].partition("before = ")[0]
        + "move(m, {folder!r} + '/m.moved', Memory, 0, Memory)\n"
        "after = [m.tells, m.steps, m.Base.method, m.Base.__dict__['fixed'], m.NAMED]\n"
        "gc.collect()\n"
        "print(json.dumps([[one is other for one, other in zip(before, after)], before[4] == after[4], old(1), before[0]('y') == m.tells('y')]))\n"
    )
    done = subprocess.run(
        [find_runtime().command, "-c", program.format(folder=str(made), firmware=str(FIRMWARE), size=4096)],
        capture_output=True,
        text=True,
        check=False,
    )
    same, *said = json.loads(done.stdout)
    assert same == [False, False, False, True, False] and said == [True, [3, 1, "of the class"], True], done.stderr


def test_what_finds_no_room_stays(made: Path) -> None:
    listed = records((made / "m.moved").read_bytes())
    largest = next(iter(listed.values()))
    room = largest + 7 & ~7
    moved, _freed, same, _said = run(made, room)
    assert moved == largest and same
    assert run(made, room + 96, 96, "Full")[0] == largest
    assert largest < run(made, room + 96, 96)[0] <= largest + 96  # in what is slow, which is the same here
    assert run(made, 0)[0] == 0


def test_what_is_not_as_it_was_listed_stays(made: Path) -> None:
    """Another compiler, another module, another layout of functions."""
    whole = run(made)[0]
    raw = bytearray((made / "m.moved").read_bytes())
    listed = records(raw)
    changed = [0, len(raw) - _RECORD.size]
    for at in changed:
        raw[at + 26] ^= 1
    (made / "m.moved").write_bytes(raw)
    moved, _freed, same, _said = run(made)
    assert moved == whole - list(listed.values())[0] - list(listed.values())[-1] and same
    for at in range(0, len(raw), _RECORD.size):
        raw[at : at + 4] = b"none"
    (made / "m.moved").write_bytes(raw)
    assert run(made)[0] == 0


def test_the_list_of_the_application_has_most_of_its_code_and_no_other_slot_has_one() -> None:
    listed = records(compiled("x64", True)["node/app.moved"])
    assert sum(listed.values()) > 20_000
    module = ast.parse(linked("x64", True).texts["node.app"])
    classes = [node for node in module.body if isinstance(node, ast.ClassDef)]
    there = functions_of(module) | {f"{one.name}.{name}" for one in classes for name in functions_of(one)}
    assert {name for name in listed if not name.startswith("#")} <= there
    assert "node/app.moved" not in compiled("x64", False)


def test_the_list_of_the_application_has_not_what_is_under_way_when_it_is_read() -> None:
    texts = linked("x64", True).texts
    module = ast.parse(texts["node.app"])
    (start,) = [node for node in module.body if isinstance(node, ast.FunctionDef) and "application(" in ast.unparse(node)]
    (caller,) = [node for node in module.body if isinstance(node, ast.FunctionDef) and "app.moved" in ast.unparse(node)]
    listed = {raw[:24].rstrip(b"\0").decode() for raw in re.findall(b"(?s).{32}", compiled("x64", True)["node/app.moved"])}
    assert listed and not listed & {start.name, caller.name}


def functions_of(tree: ast.Module | ast.ClassDef) -> set[str]:
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
