"""MicroPython's `micropython` module for CPython: runs viper kernels as Python and knows the calls that here have nothing to do.

A kernel's pointer arguments become wrappers with viper's loads and stores; an index outside the buffer fails instead of reading what lies
there. Inside `int32_checked()` each integer that a kernel computes must also fit the chip's 32 bits. The heap is not emulated.
"""

import ast
import asyncio
import builtins
import contextlib
import contextvars
import functools
import inspect
import textwrap
from collections.abc import Callable, Iterator
from typing import Any, Literal

_INT32_MIN, _INT32_MAX = -(1 << 31), (1 << 31) - 1


class Int32Error(ArithmeticError):
    """A kernel computed an integer that the chip's viper code would have wrapped, or shifted by a count it does not have."""


def const(value: Any) -> Any:
    return value


def native(function: Callable[..., Any]) -> Callable[..., Any]:
    return function


_REGION_BITS = 24


class _Pointer:
    """A viper pointer into a buffer: unsigned loads and truncating stores in units of `_BYTES`.

    `ptr32(int(pointer) + bytes)` moves it, also to where nothing can be read."""

    __slots__ = ("_address", "_cells")
    _BYTES = 1
    _FORMAT: Literal["B", "H", "i"] = "B"

    def __init__(self, place: Any, address: int = -1) -> None:
        if isinstance(place, int):
            address = place
            octets = _regions.get()[(place >> _REGION_BITS) - 1][place & (1 << _REGION_BITS) - 1 :]
        else:
            octets = memoryview(place).cast("B")
        self._address = address
        self._cells = octets[: len(octets) // self._BYTES * self._BYTES].cast(self._FORMAT)

    def __int__(self) -> int:
        return self._address

    def __getitem__(self, index: int) -> int:
        if index < 0:
            raise IndexError(f"load at {index}")
        return self._cells[index]


class ptr8(_Pointer):
    __slots__ = ()

    def __setitem__(self, index: int, value: int) -> None:
        if index < 0:
            raise IndexError(f"store at {index}")
        self._cells[index] = value & 0xFF


class ptr16(_Pointer):
    __slots__ = ()
    _BYTES = 2
    _FORMAT = "H"

    def __setitem__(self, index: int, value: int) -> None:
        if index < 0:
            raise IndexError(f"store at {index}")
        self._cells[index] = value & 0xFFFF


class ptr32(_Pointer):
    """Loads are signed, as on the chip; on a 64-bit MicroPython they are not, so kernels keep their cells non-negative."""

    __slots__ = ()
    _BYTES = 4
    _FORMAT = "i"

    def __setitem__(self, index: int, value: int) -> None:
        if index < 0:
            raise IndexError(f"store at {index}")
        self._cells[index] = (value - _INT32_MIN & 0xFFFFFFFF) + _INT32_MIN


def uint(value: int) -> int:
    """viper's unsigned cast. What is computed with it leaves the range of `int`, so checked kernels use it for comparing and storing only."""
    return value & 0xFFFFFFFF


def viper(function: Callable[..., Any]) -> Callable[..., Any]:
    """The kernel as a Python function: its arguments annotated `ptr8`, `ptr16` or `ptr32` are buffers."""
    pointers = tuple(
        (position, function.__annotations__[name])
        for position, name in enumerate(inspect.signature(function).parameters)
        if isinstance(function.__annotations__.get(name), type) and issubclass(function.__annotations__[name], _Pointer)
    )

    @functools.wraps(function)
    def kernel(*arguments: Any) -> Any:
        converted = list(arguments)
        for region, (position, pointer) in enumerate(pointers, 1):
            converted[position] = pointer(converted[position], region << _REGION_BITS)
        before = _regions.set([memoryview(arguments[position]).cast("B") for position, _ in pointers])
        try:
            return (_strict(function) if _checking.get() else function)(*converted)
        finally:
            _regions.reset(before)

    return kernel


_checking = contextvars.ContextVar("_checking", default=False)
_regions: contextvars.ContextVar[list[memoryview]] = contextvars.ContextVar("_regions")  # the buffers of the kernel that runs


@contextlib.contextmanager
def int32_checked() -> Iterator[None]:
    """Kernels called inside raise Int32Error where an integer leaves int32. Slow: for tests."""
    before = _checking.set(True)
    try:
        yield
    finally:
        _checking.reset(before)


def bounded(function: Callable[..., Any], lowest: int, highest: int) -> Callable[..., Any]:
    """A copy of `function` that raises Int32Error where a computed integer leaves `lowest..highest` or a shift count is not 0..31."""

    def fits(value: Any) -> Any:
        if isinstance(value, int) and not lowest <= value <= highest:
            raise Int32Error(f"{value} in {function.__qualname__}")
        return value

    def count(value: Any) -> Any:
        if isinstance(value, int) and not 0 <= value <= 31:
            raise Int32Error(f"shift by {value} in {function.__qualname__}")
        return value

    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    definition = tree.body[0]
    assert isinstance(definition, ast.FunctionDef | ast.AsyncFunctionDef)
    definition.decorator_list = []
    ast.increment_lineno(tree, function.__code__.co_firstlineno - 1)
    checked = ast.fix_missing_locations(_Checks().visit(tree))
    namespace = dict(function.__globals__) | {_FITS: fits, _COUNT: count}
    exec(compile(checked, function.__code__.co_filename, "exec"), namespace)
    copy: Callable[..., Any] = namespace[function.__name__]
    return copy


_FITS, _COUNT = "_fits_", "_shift_count_"


@functools.cache
def _strict(function: Callable[..., Any]) -> Callable[..., Any]:
    return bounded(function, _INT32_MIN, _INT32_MAX)


class _Checks(ast.NodeTransformer):
    """Wraps the result of every operation, and every shift count, in a call that checks it."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        if isinstance(node.op, ast.LShift | ast.RShift):
            node.right = _call(_COUNT, node.right)
        return _call(_FITS, node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        self.generic_visit(node)
        return node if isinstance(node.op, ast.Not) else _call(_FITS, node)

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.stmt:
        value = ast.parse(ast.unparse(node.target), mode="eval").body
        assignment = ast.Assign(targets=[node.target], value=ast.BinOp(value, node.op, node.value))
        return self.generic_visit(ast.copy_location(assignment, node))  # type: ignore[return-value]


def _call(name: str, argument: ast.expr) -> ast.expr:
    return ast.copy_location(ast.Call(ast.Name(name, ast.Load()), [argument], []), argument)


def schedule(function: Callable[[Any], Any], argument: Any) -> None:
    """Run `function(argument)` soon, on the loop that runs now; at once where none does."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        function(argument)
    else:
        loop.call_soon(function, argument)


def heap_lock() -> int:
    return 0


def heap_unlock() -> int:
    return 0


def alloc_emergency_exception_buf(size: int) -> None:
    pass


def kbd_intr(character: int) -> None:
    pass


def opt_level(level: int = 0) -> int:
    return 0


for _name in ("ptr8", "ptr16", "ptr32", "uint"):
    setattr(builtins, _name, globals()[_name])
