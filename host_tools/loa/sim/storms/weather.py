"""Carries a storm out: begins and ends each fault in its time, in a thread of its own. What a fault does to whom is the subject's."""

import heapq
import json
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Protocol, Self

from loa.sim.storms.fault import Fault

Tell = Callable[[float, str, str], None]  # Unix seconds, who, what


class Subject(Protocol):
    """Whom the storm hits. A fault that the subject does not know is refused by `check`, before anything has begun."""

    def check(self, faults: Iterable[Fault]) -> None:
        """Raise `LoaError` if one of these cannot be done here."""
        ...

    def begin(self, fault: Fault) -> None:
        """Break it."""
        ...

    def end(self, fault: Fault) -> None:
        """Mend it; called once for each that was begun."""
        ...


class Weather:
    """`with Weather(subject, faults, tell):` the storm goes on beside the block. What is broken at its end is mended.

    `tell` is called for each beginning and end, from the storm's thread. An error of the subject ends the storm and is raised at the end of the block.
    """

    def __init__(self, subject: Subject, faults: Iterable[Fault], tell: Tell = lambda at, who, what: None) -> None:
        self._subject = subject
        self._faults = tuple(faults)
        self._tell = tell
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="storm", daemon=True)
        self._under_way: list[Fault] = []
        self._failure: BaseException | None = None

    def __enter__(self) -> Self:
        self._subject.check(self._faults)
        self._thread.start()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._over.set()
        self._thread.join()
        if kind is None:
            self.check()

    def check(self) -> None:
        """Raise what ended the storm, if anything did."""
        if self._failure is not None:
            raise self._failure

    def hits(self, who: str) -> bool:
        """True while something of this one is broken by the storm."""
        return any(fault.who == who for fault in tuple(self._under_way))

    def _run(self) -> None:
        try:
            self._pass()
        except BaseException as failure:  # noqa: BLE001 - it is raised again in the block's own thread
            self._failure = failure
        for fault in tuple(self._under_way):
            try:
                self._finish(fault)
            except BaseException as failure:  # noqa: BLE001 - the others are mended all the same
                self._failure = self._failure or failure

    def _pass(self) -> None:
        begun = time.monotonic()
        waiting = [(fault.at_s, number, fault, False) for number, fault in enumerate(self._faults)]
        heapq.heapify(waiting)
        while waiting:
            at_s, number, fault, ends = heapq.heappop(waiting)
            if self._over.wait(max(0.0, begun + at_s - time.monotonic())):
                return
            if ends:
                self._finish(fault)
            else:
                self._tell(time.time(), fault.who, fault.says)
                self._begin(fault)
                heapq.heappush(waiting, (fault.ends_s, number, fault, True))

    def _begin(self, fault: Fault) -> None:
        self._under_way.append(fault)  # before it is broken: whoever sees it broken can ask
        try:
            self._subject.begin(fault)
        except BaseException:
            self._under_way.remove(fault)
            raise

    def _finish(self, fault: Fault) -> None:
        try:
            self._subject.end(fault)
        finally:
            self._under_way.remove(fault)  # not before: whoever sees it broken can ask until it is mended
        if fault.lasts_s:
            self._tell(time.time(), fault.who, f"over: {fault.says}")


def write_down(path: Path, name: str, seed: int, faults: Iterable[Fault], **beside: Any) -> None:
    """Keep a storm as evidence: what it is called, its seed and all of its faults, as JSON."""
    text = json.dumps({"storm": name, "seed": seed, **beside, "faults": [fault.as_dict() for fault in faults]}, indent=1)
    path.write_text(text + "\n", encoding="utf-8")
