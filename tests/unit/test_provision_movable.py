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
    return [m.plain(2), m.plain(3, b=4), m.outer(1)(2), list(m.steps(5)), h.method(1), h.whole, h.fixed(2, 3), h.twice(), h.append(4), m.large(0)]
left = {size}
all = bytearray(left)
def spare(size):
    global left
    if size <= left:
        left -= size
        return memoryview(all)[left : left + size]
class Memory:
    spare = staticmethod(spare)
    left = staticmethod(lambda: left)
before = said()
gc.collect()
free = gc.mem_free()
moved = move(m, {folder!r} + "/m.moved", Memory, {kept})
gc.collect()
freed = gc.mem_free() - free
junk = [bytes([255]) * 40 for _ in range(2000)]
print(json.dumps([moved, freed, before == said(), before]))
"""
_RECORD = 32


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


def run(folder: Path, size: int = 4096, kept: int = 0) -> list:
    program = PROGRAM.format(folder=str(folder), firmware=str(FIRMWARE), size=size, kept=kept)
    done = subprocess.run([find_runtime().command, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def records(folder: Path) -> dict[str, int]:
    """Bytes by name, in the order of the list."""
    raw = (folder / "m.moved").read_bytes()
    return {name.rstrip(b"\0").decode(): size for name, size, _crc in struct.iter_unpack("<24sHI2x", raw)}


def test_listed_is_what_can_be_reached_by_one_name_the_largest_first(made: Path) -> None:
    listed = records(made)
    assert {"plain", "outer", "steps", "waits", "Base.method", "Base.fixed", "Base.__init__", "Base.append", "Heir.method"} <= listed.keys()
    assert not listed.keys() & {"moves", "Base", "outer.inner", "Heir.twice", "Heir.a_name_that_is_longer_than_a_record"}
    assert list(listed.values()) == sorted(listed.values(), reverse=True)


def test_what_was_moved_does_what_it_did_and_is_no_longer_in_the_heap(made: Path) -> None:
    moved, freed, same, said = run(made)
    listed = records(made)
    stay = listed["Base.whole"] + listed["Heir.method"]  # a property, and what asks for `super()`, is none of the kind
    assert moved == sum(listed.values()) - stay
    assert same and said[2:4] == [3, [0, 1, 4, 9, 16]]
    assert freed > moved - 500  # what imports left counted in


def test_what_finds_no_room_stays(made: Path) -> None:
    largest, *_rest, smallest = records(made).values()
    moved, _freed, same, _said = run(made, largest + smallest)
    assert moved == largest + smallest and same
    assert run(made, largest + smallest + 100, 100)[0] == largest + smallest
    assert run(made, 0)[0] == 0


def test_code_that_is_not_what_was_listed_stays(made: Path) -> None:
    """Another compiler, another module, another layout of functions."""
    whole = run(made)[0]
    raw = bytearray((made / "m.moved").read_bytes())
    raw[26] ^= 1
    (made / "m.moved").write_bytes(raw)
    moved, _freed, same, _said = run(made)
    assert moved == whole - next(iter(records(made).values())) and same
    for at in range(0, len(raw), _RECORD):
        raw[at : at + 4] = b"none"
    (made / "m.moved").write_bytes(raw)
    assert run(made)[0] == 0


def test_the_list_of_the_application_has_most_of_its_code_and_no_other_slot_has_one() -> None:
    listed = list(struct.iter_unpack("<24sHI2x", compiled("x64", True)["node/app.moved"]))
    assert sum(size for _name, size, _crc in listed) > 12_000
    module = ast.parse(linked("x64", True).texts["node.app"])
    classes = [node for node in module.body if isinstance(node, ast.ClassDef)]
    there = functions_of(module) | {f"{one.name}.{name}" for one in classes for name in functions_of(one)}
    assert {name.rstrip(b"\0").decode() for name, _size, _crc in listed} <= there
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
