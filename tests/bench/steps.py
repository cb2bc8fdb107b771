"""Counts the bytecodes that a program on asyncio runs between two yields to the loop, by task. Says nothing about time.

Only code below one folder counts. What a single bytecode does inside the interpreter (parsing JSON, hashing) counts as one, and viper
kernels, which are machine code on the chip, are told apart by their decorator and do not count.
"""

import ast
import asyncio
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType
from typing import Any


@dataclass
class Longest:
    """The longest step of a task: how many bytecodes, and in which functions."""

    bytecodes: int = 0
    where: dict[str, int] = field(default_factory=dict)


class StepCounter:
    """Counts in code below `folder` from `install()` to `remove()`. One at a time, and in one thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder.resolve()) + "/"
        self._kernels: dict[str, frozenset[str]] = {}
        self._counts: Counter[CodeType] = Counter()
        self._task = ""
        self.longest: dict[str, Longest] = {}
        self._run = asyncio.events.Handle._run

    def install(self) -> None:
        """Begin. Every callback that the loop runs is a step; a task's steps go by the name of its coroutine."""
        counter, run = self, self._run

        def counted(handle: asyncio.Handle) -> None:
            counter._begin()
            run(handle)
            counter._end()

        asyncio.events.Handle._run = counted  # type: ignore[method-assign]
        sys.settrace(self._called)

    def remove(self) -> None:
        """End, and leave the loop as it was."""
        sys.settrace(None)
        asyncio.events.Handle._run = self._run  # type: ignore[method-assign]

    def _begin(self) -> None:
        self._counts.clear()
        self._task = ""

    def _end(self) -> None:
        if not self._counts:
            return
        total = sum(self._counts.values())
        longest = self.longest.setdefault(self._task, Longest())
        if total > longest.bytecodes:
            longest.bytecodes = total
            longest.where = {f"{Path(code.co_filename).stem}.{code.co_qualname}": count for code, count in self._counts.most_common(5)}

    def _called(self, frame: FrameType, event: str, _: Any) -> Any:
        code = frame.f_code
        if not code.co_filename.startswith(self._folder) or code.co_name in self._kernels_of(code.co_filename):
            return None
        if not self._task:
            self._task = _task_name(code)
        frame.f_trace_lines = False
        frame.f_trace_opcodes = True
        return self._traced

    def _traced(self, frame: FrameType, event: str, _: Any) -> Any:
        if event == "opcode":
            self._counts[frame.f_code] += 1
        return self._traced

    def _kernels_of(self, filename: str) -> frozenset[str]:
        if filename not in self._kernels:
            self._kernels[filename] = kernels(Path(filename).read_text(encoding="utf-8"))
        return self._kernels[filename]


def kernels(source: str) -> frozenset[str]:
    """Names of the functions that are machine code on the chip."""
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    return frozenset(
        function.name
        for function in functions
        if any(ast.unparse(decorator) in ("micropython.viper", "micropython.native") for decorator in function.decorator_list)
    )


def _task_name(code: CodeType) -> str:
    try:
        task = asyncio.current_task()
    except RuntimeError:
        return code.co_qualname
    return f"callback {code.co_qualname}" if task is None else task.get_coro().__qualname__  # type: ignore[union-attr]
