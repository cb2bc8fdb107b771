"""The bench's counting: which code counts, for which task, and that the loop is left as it was."""

import asyncio
import importlib
import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from tests.bench import heap, loop, steps

PROGRAM = """
import asyncio
import micropython


def work(times):
    total = 0
    for number in range(times):
        total += number
    return total


@micropython.viper
def kernel(times: int) -> int:
    total = 0
    for number in range(times):
        total += number
    return total


async def short():
    for _ in range(10):
        work(10)
        await asyncio.sleep(0)


async def long():
    await asyncio.sleep(0)
    work(1000)
    kernel(100000)
    await asyncio.sleep(0)


async def main():
    await asyncio.gather(short(), long())
    asyncio.get_running_loop().call_soon(work, 50)
    await asyncio.sleep(0.01)
"""


@pytest.fixture
def program(tmp_path, monkeypatch):
    (tmp_path / "counted_program.py").write_text(PROGRAM)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield importlib.import_module("counted_program")
    del sys.modules["counted_program"]


def counted(folder, coroutine):
    counter = steps.StepCounter(folder)
    counter.install()
    try:
        asyncio.run(coroutine)
    finally:
        counter.remove()
    return counter.longest


def test_each_task_has_its_longest_step(program):
    longest = counted(Path(program.__file__).parent, program.main())
    assert set(longest) == {"short", "long", "main", "callback work"}
    assert 30 < longest["short"].bytecodes < 150
    assert 4_000 < longest["long"].bytecodes < 12_000  # a thousand rounds of some six bytecodes, the kernel not among them
    assert next(iter(longest["long"].where)) == "counted_program.work"


def test_code_elsewhere_does_not_count(program, tmp_path):
    assert counted(tmp_path / "elsewhere", program.main()) == {}


def test_the_loop_is_left_as_it_was(program):
    before = asyncio.events.Handle._run
    counted(Path(program.__file__).parent, program.short())
    assert asyncio.events.Handle._run is before and sys.gettrace() is None


def test_summary_takes_the_worst_life_of_each_task():
    lives = {
        "calm": {"a": steps.Longest(100, {}), "b": steps.Longest(5, {})},
        "busy": {"a": steps.Longest(loop.INSTRUCTIONS_A_MS, {})},
    }
    summary = loop.summary(lives)
    assert list(summary["tasks"]) == ["a", "b"] and summary["tasks"]["a"]["life"] == "busy"
    assert summary["worst_ms_at_most"] == loop.INSTRUCTIONS_A_BYTECODE


def test_words_are_half_and_code_is_whole_on_the_chip():
    assert heap.on_32_bit(100_000, 40_000)["bytes"] == 70_000


def test_figures_of_a_watched_node(tmp_path):
    lines = [{"emulation": 1000}, {"held": 51_000, "peak": 60_000}, {"held": 71_000, "peak": 95_096}, {"emulation": 1000}]
    (tmp_path / "heap.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert heap.heap_figures(tmp_path) == heap.HeapFigures(1000, 50_000, 70_000, 20_000)
    (tmp_path / "heap.jsonl").write_text(json.dumps(lines[0]) + "\n")
    with pytest.raises(ValueError, match="did not live"):
        heap.heap_figures(tmp_path)
