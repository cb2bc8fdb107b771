"""Twins of `asyncio`, `time`, `gc`, `sys`, `random`, `ssl`, `socket` and `micropython` for a fleet: MicroPython 1.23's API on one CPython loop.

Sleeps and time-outs end on the 10 ms tick. Of the heap nothing is emulated. Connections are the host's, or whatever `Doors` are given.
"""

import asyncio
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Coroutine, Generator
from types import SimpleNamespace
from typing import Any, Protocol

from loa.sim.fleet.chip import CURRENT, World
from loa.sim.fleet.datagrams import Datagrams
from loa.sim.fleet.kernels import Kernels
from loa.sim.fleet.stream import Authority, open_connection
from loa.sim.hardware.astray import detour

_TICKS_MASK = (1 << 30) - 1
_TICKS_HALF = 1 << 29
_2000_S = 946_684_800
_HEAP_FREE = 112 * 1024


class Doors(Protocol):
    """Where connections and datagrams of nodes go."""

    async def connect(self, host: str, port: int, tls: Any, name: str | None) -> tuple[Any, Any]: ...

    def socket_twin(self) -> SimpleNamespace: ...


class HostDoors:
    """The host's own network."""

    async def connect(self, host: str, port: int, tls: Any, name: str | None) -> tuple[Any, Any]:
        """A TCP or TLS connection, at the port that a storm leads it to."""
        astray = detour(CURRENT.get().detours, port)
        return await open_connection(host, port if astray is None else astray, tls, name)

    def socket_twin(self) -> SimpleNamespace:
        """The module `socket`, for datagrams."""
        return SimpleNamespace(
            socket=Datagrams,
            getaddrinfo=socket.getaddrinfo,
            AF_INET=socket.AF_INET,
            SOCK_DGRAM=socket.SOCK_DGRAM,
            SOCK_STREAM=socket.SOCK_STREAM,
            SOL_SOCKET=socket.SOL_SOCKET,
            SO_REUSEADDR=socket.SO_REUSEADDR,
        )


class _Yield:
    """What `sleep_ms(0)` gives: the others run once."""

    def __await__(self) -> Generator[None, None, None]:
        yield


_YIELD = _Yield()


class _TimeOut:
    """Cancels a task unless it was stopped before."""

    __slots__ = ("_task", "rang")

    def __init__(self, task: "asyncio.Task[Any]") -> None:
        self._task: asyncio.Task[Any] | None = task
        self.rang = False

    def __call__(self) -> None:
        if self._task is not None:
            self.rang = True
            self._task.cancel()

    def stop(self) -> None:
        self._task = None


class ThreadSafeFlag:
    """MicroPython's flag for interrupt handlers: one waiter, cleared by the wait that it ends. Here interrupts come from the loop itself."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def set(self) -> None:
        """Wake the waiter."""
        self._event.set()

    def clear(self) -> None:
        """Take it back."""
        self._event.clear()

    async def wait(self) -> None:
        """Until it is set."""
        await self._event.wait()
        self._event.clear()


def asyncio_twin(world: World, doors: Doors) -> SimpleNamespace:
    """The module. Tasks are the loop's own."""
    wheel, now_ns = world.wheel, world.clock.now_ns
    loop = asyncio.get_running_loop()

    def sleep_ms(milliseconds: int) -> Awaitable[None]:
        if milliseconds <= 0:
            return _YIELD
        waiter: asyncio.Future[None] = loop.create_future()
        wheel.at(now_ns() // 1_000 + milliseconds * 1_000, waiter)
        return waiter

    async def wait_for_ms(awaitable: Awaitable[Any], milliseconds: int) -> Any:
        task = asyncio.current_task()
        assert task is not None
        before = task.cancelling()
        time_out = _TimeOut(task)
        wheel.after(milliseconds * 1_000, time_out)
        try:
            return await awaitable
        except asyncio.CancelledError:
            if time_out.rang and task.uncancel() <= before:
                raise TimeoutError from None
            raise
        finally:
            time_out.stop()

    def create_task(coroutine: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]":
        chip = CURRENT.get()
        chip.check_power()
        task = loop.create_task(coroutine)
        chip.tasks.add(task)
        task.add_done_callback(chip.tasks.discard)
        return task

    async def connect(host: str, port: int, ssl: Any = None, server_hostname: str | None = None) -> tuple[Any, Any]:
        return await doors.connect(host, port, ssl, server_hostname)

    return SimpleNamespace(
        CancelledError=asyncio.CancelledError,
        Event=asyncio.Event,
        Lock=asyncio.Lock,
        StreamReader=asyncio.StreamReader,
        ThreadSafeFlag=ThreadSafeFlag,
        TimeoutError=TimeoutError,
        create_task=create_task,
        current_task=asyncio.current_task,
        gather=asyncio.gather,
        open_connection=connect,
        sleep=lambda seconds: sleep_ms(round(seconds * 1_000)),
        sleep_ms=sleep_ms,
        wait_for=lambda awaitable, seconds: wait_for_ms(awaitable, round(seconds * 1_000)),
        wait_for_ms=wait_for_ms,
    )


def bell_twin(world: World) -> type:
    """The class `node.bell.Bell`: one future a wait, where the firmware's own for CPython makes an event and a time-out of asyncio's each time."""
    wheel, now_us = world.wheel, world.clock.now_us
    loop = asyncio.get_running_loop()

    class Bell:
        __slots__ = ("_waiter", "rung")

        def __init__(self) -> None:
            self.rung = False
            self._waiter: asyncio.Future[None] | None = None

        def ring(self) -> None:
            self.rung = True
            waiter, self._waiter = self._waiter, None
            if waiter is not None and not waiter.done():
                waiter.set_result(None)

        def clear(self) -> None:
            self.rung = False

        async def within(self, milliseconds: int) -> bool:
            if not self.rung:
                self._waiter = waiter = loop.create_future()
                wheel.at(now_us() + max(milliseconds * 1_000, 1), waiter)
                try:
                    await waiter
                finally:
                    self._waiter = None
            return self.rung

    return Bell


def hold_sleepers(twin: SimpleNamespace, world: World) -> None:
    """From now on who sleeps on a chip whose program is held sleeps until it is let go. Each sleep costs more then: only for where erases take time."""
    sleep_ms, now_us = twin.sleep_ms, world.clock.now_us

    async def held_sleep_ms(milliseconds: int) -> None:
        chip = CURRENT.get()
        await sleep_ms(milliseconds)
        while (left_us := chip.held_until_us - now_us()) > 0:
            await sleep_ms(-(-left_us // 1_000))

    twin.sleep_ms = held_sleep_ms
    twin.sleep = lambda seconds: held_sleep_ms(round(seconds * 1_000))


def time_twin(world: World) -> SimpleNamespace:
    """The module: ticks of the chip that runs, which wrap at 2**30, and the board's epoch of 2000."""
    current, now_ns = CURRENT.get, world.clock.now_ns

    def ticks_ms() -> int:
        chip = current()
        return (chip.crystal.us(now_ns() // 1_000) - chip.ticks_zero_us) // 1_000 & _TICKS_MASK  # type: ignore[no-any-return]

    def ticks_us() -> int:
        chip = current()
        return chip.crystal.us(now_ns() // 1_000) - chip.ticks_zero_us & _TICKS_MASK  # type: ignore[no-any-return]

    return SimpleNamespace(
        ticks_ms=ticks_ms,
        ticks_us=ticks_us,
        ticks_cpu=ticks_us,
        ticks_diff=lambda end, start: (end - start + _TICKS_HALF & _TICKS_MASK) - _TICKS_HALF,
        ticks_add=lambda ticks, delta: ticks + delta & _TICKS_MASK,
        time=lambda: (world.clock.now_us() - current().rtc_zero_us) // 1_000_000,
        gmtime=lambda seconds: tuple(time.gmtime(seconds + _2000_S))[:8],
        sleep_ms=_no_blocking,
        sleep_us=_no_blocking,
        sleep=_no_blocking,
    )


def _no_blocking(_: float) -> None:
    raise RuntimeError("a node must not block the loop that a thousand others share")


def gc_twin() -> SimpleNamespace:
    """The module: each node finds the same room, and collecting is left to the host, which would collect for all nodes at once."""
    return SimpleNamespace(
        collect=lambda: 0,
        threshold=lambda amount=-1: -1,
        mem_alloc=lambda: 0,
        mem_free=lambda: _HEAP_FREE,
        enable=lambda: None,
        disable=lambda: None,
    )


def sys_twin() -> SimpleNamespace:
    """The module. `modules` stays empty, so that what nodes load late is loaded once for all of them and stays."""
    return SimpleNamespace(
        modules={}, path=[], platform="esp32", implementation=SimpleNamespace(name="micropython"), print_exception=_print_exception
    )


def _print_exception(error: BaseException, file: Any = None) -> None:
    CURRENT.get().log.append(f"{type(error).__name__}: {error}")


def random_twin() -> SimpleNamespace:
    """The module, drawing from the chip that runs."""
    return SimpleNamespace(**{name: _drawn(name) for name in ("random", "getrandbits", "randrange", "randint", "choice", "uniform")})


def _drawn(name: str) -> Callable[..., Any]:
    def draw(*bounds: Any) -> Any:
        return getattr(CURRENT.get().chance, name)(*bounds)

    return draw


def ssl_twin() -> SimpleNamespace:
    """The module: contexts that trust the same certificates are one. Certificates are judged by the host's clock."""
    return SimpleNamespace(
        PROTOCOL_TLS_CLIENT=ssl.PROTOCOL_TLS_CLIENT, CERT_REQUIRED=ssl.CERT_REQUIRED, CERT_NONE=ssl.CERT_NONE, SSLContext=Authority
    )


def micropython_twin(kernels: Kernels, otherwise: Callable[[Callable[..., Any]], Callable[..., Any]]) -> SimpleNamespace:
    """The module. Kernels are replaced by their twins; those without one run as `otherwise` makes them."""

    def viper(function: Callable[..., Any]) -> Callable[..., Any]:
        return kernels.get(f"{function.__module__}.{function.__name__}") or otherwise(function)

    return SimpleNamespace(
        const=lambda value: value,
        native=lambda function: function,
        viper=viper,
        heap_lock=lambda: 0,
        heap_unlock=lambda: 0,
        kbd_intr=lambda character: None,
        opt_level=lambda level=0: 0,
        alloc_emergency_exception_buf=lambda size: None,
        schedule=lambda function, argument: function(argument),
    )


def print_twin(*values: Any, sep: str = " ", end: str = "\n", file: Any = None) -> None:
    """`print`: the last lines stay with the chip."""
    CURRENT.get().log.append(sep.join(map(str, values)))
