"""The workers of a fleet as seen from outside: starts them, spreads the nodes, asks them. Nothing is left when it is stopped or its process dies."""

import os
import pickle
import select
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any

from loa import open_files
from loa.errors import LoaError
from loa.language import _
from loa.sim.fleet.messages import Assignment, Blank, Boot, Look, Sound

LEDGER_ABOVE = 50  # nodes
COARSE_ABOVE = 500
_FILES_BESIDE = 200  # descriptors that a process has open beside its nodes' connections
_FILES_PER_NODE = 2  # MQTT, and a file by HTTP or a datagram
_ANSWER_S = 120.0
_STOP_S = 10.0


class Crew:
    """Runs `blanks` in `workers` processes, by default one for each processor; `log` is where they say what went wrong with themselves."""

    def __init__(self, blanks: Sequence[Blank], log: Path, workers: int | None = None, ledger: bool | None = None) -> None:
        count = max(1, min(workers or os.cpu_count() or 1, len(blanks)))
        self.ledger = len(blanks) > LEDGER_ABOVE if ledger is None else ledger
        self.coarse = self.ledger and len(blanks) > COARSE_ABOVE
        self._log = log
        self._parts = [Assignment(list(blanks[number::count]), self.ledger, self.coarse) for number in range(count)]
        self._place = {blank.node: number for number, part in enumerate(self._parts) for blank in part.blanks}
        self._processes: list[subprocess.Popen[bytes]] = []
        self._turns = [threading.Lock() for _ in range(count)]
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="crew")

    def start(self) -> None:
        """Start the processes; nodes have no power yet. Raises `LoaError` if the host does not allow so many open files or a process fails."""
        allow_files(max(len(part.blanks) for part in self._parts))
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("ab") as log:
            for part in self._parts:
                process = subprocess.Popen(
                    [sys.executable, "-m", "loa.sim.fleet.worker"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    start_new_session=True,
                )
                self._processes.append(process)
                _send(process.stdin, part)
        for number in range(len(self._processes)):
            self._receive(number)

    def stop(self) -> None:
        """End all of them."""
        processes, self._processes = self._processes, []
        for process in processes:
            assert process.stdin is not None and process.stdout is not None
            try:
                process.stdin.close()
                process.wait(_STOP_S)
            except (subprocess.TimeoutExpired, OSError):
                process.kill()
                process.wait()
            process.stdout.close()
        self._threads.shutdown()

    @property
    def says(self) -> str:
        """One line for people: what the nodes' sound is made of."""
        kernels = _("samples are counted, not made, and OpenSSL multiplies for signatures") if self.ledger else _("kernels are host twins")
        grain = _(", in blocks of 128 ms instead of 21, and guards look once a second") if self.coarse else ""
        version = sys.version.split()[0]
        fleet = _(
            "{nodes} nodes in {parts} processes on CPython {version}", nodes=len(self._place), parts=len(self._parts), version=version
        )
        return f"{fleet}; {kernels}{grain}"

    @property
    def running(self) -> bool:
        """True while all processes live."""
        return bool(self._processes) and all(process.poll() is None for process in self._processes)

    @property
    def pids(self) -> list[int]:
        """Of the workers."""
        return [process.pid for process in self._processes]

    def power_on(self) -> None:
        """Switch every node on."""
        self._ask_all("start")

    def power(self, names: Sequence[str], on: bool) -> None:
        """Cut the power of some nodes, or give it back."""
        self._ask_owners("power", names, on)

    def link(self, names: Sequence[str], up: bool) -> None:
        """Take the network of some nodes away, or bring it back."""
        self._ask_owners("link", names, up)

    def flicker(self, name: str, how: Mapping[str, Any]) -> None:
        """Begin to let the supply of one node flicker, as a fault `flicker` says."""
        self._tell(self._place[name], "flicker", name, how)

    def surround(self, name: str, laid: Mapping[str, Any]) -> None:
        """What is other than usual around one node from now on, see `loa.sim.storms.subject`."""
        self._tell(self._place[name], "surround", name, dict(laid))

    def fill(self, name: str, full: bool) -> None:
        """Leave no room in the data partition of one node, or give it back; the node runs on."""
        self._tell(self._place[name], "fill", name, full)

    def lose(self, name: str, count: int) -> None:
        """So many of the next callbacks of one node never come."""
        self._tell(self._place[name], "lose", name, count)

    def settle(self) -> None:
        """Tell the workers that the start is over: their memory need not be searched again and again."""
        self._ask_all("settle")

    def look(self) -> Look:
        """All nodes together."""
        looks: list[Look] = self._ask_all("look")
        return Look(
            nodes=sum(look.nodes for look in looks),
            powered=sum(look.powered for look in looks),
            online=sum(look.online for look in looks),
            air=sum((look.air for look in looks), Counter()),
            underruns=sum(look.underruns for look in looks),
            sounded_s=sum(look.sounded_s for look in looks),
            cpu_s=sum(look.cpu_s for look in looks),
            rss_kb=sum(look.rss_kb for look in looks),
            checks=sum(look.checks for look in looks),
            check_cpu_s=sum(look.check_cpu_s for look in looks),
        )

    def nodes(self) -> dict[str, tuple[bool, bool, str | None]]:
        """(powered, online, key on the air) of each."""
        return {name: state for part in self._ask_all("nodes") for name, state in part.items()}

    def told(self) -> list[Sound | Boot]:
        """What happened since this was asked last, in the order of time."""
        return sorted((what for part in self._ask_all("told") for what in part), key=lambda what: what.unix_us)

    def logs(self) -> dict[str, list[str]]:
        """The last lines that each node printed."""
        return {name: lines for part in self._ask_all("logs") for name, lines in part.items()}

    def _ask_owners(self, action: str, names: Sequence[str], value: bool) -> None:
        for number in range(len(self._processes)):
            own = [name for name in names if self._place[name] == number]
            if own:
                self._ask(number, action, own, value)

    def _ask_all(self, action: str) -> list[Any]:
        return list(self._threads.map(lambda number: self._ask(number, action), range(len(self._processes))))

    def _ask(self, number: int, action: str, *arguments: object) -> Any:
        with self._turns[number]:  # a storm asks from a thread of its own
            self._order(number, action, arguments, answered=True)
            return self._receive(number)

    def _tell(self, number: int, action: str, *arguments: object) -> None:
        """What a storm does hundreds of times a second: done in its turn, not answered and not waited for."""
        with self._turns[number]:
            self._order(number, action, arguments, answered=False)

    def _order(self, number: int, action: str, arguments: tuple[object, ...], *, answered: bool) -> None:
        try:
            _send(self._processes[number].stdin, (action, arguments, answered))
        except OSError:
            raise self._lost(number) from None

    def _receive(self, number: int) -> Any:
        stream = self._processes[number].stdout
        assert stream is not None
        if not select.select([stream], [], [], _ANSWER_S)[0]:
            raise LoaError(
                _("worker {number} of the fleet does not answer within {seconds:g} s", number=number, seconds=_ANSWER_S),
                _("its log is {log_file}", log_file=self._log),
            )
        try:
            return pickle.load(stream)
        except EOFError:
            raise self._lost(number) from None

    def _lost(self, number: int) -> LoaError:
        return LoaError(_("worker {number} of the fleet ended by itself", number=number), _("its log is {log_file}", log_file=self._log))


def allow_files(nodes: int) -> None:
    """Let this process and those it starts have as many files open as `nodes` in one of them need. Raises `LoaError` where the host does not allow it."""
    allowed = open_files.allow(nodes * _FILES_PER_NODE + _FILES_BESIDE)
    if allowed < nodes + _FILES_BESIDE:
        raise LoaError(
            _("{nodes} nodes in one process need more than the {hard} open files that this host allows", nodes=nodes, hard=allowed),
            _("take at most {most} nodes a processor, or raise the hard limit (`ulimit -Hn`)", most=allowed - _FILES_BESIDE),
        )


def _send(stream: IO[bytes] | None, value: object) -> None:
    assert stream is not None
    stream.write(pickle.dumps(value))
    stream.flush()
