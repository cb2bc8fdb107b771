"""Carries a storm out: begins and ends each fault in its time. What a fault does to whom is the subject's."""

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
    """Whom the storm hits. A fault that the subject does not know is refused by `check`, before anything has begun.

    Faults of one victim come one after the other; those of several at once, from threads of their own, unless the storm has one thread for all.
    """

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

    `apart`: a thread for each victim, so that what takes time for one does not hold up another; otherwise one for all of them, for subjects that are quick.
    `tell` is called for each beginning and end, from threads of the storm. An error of the subject ends the storm and is raised at the end of the block.
    """

    def __init__(self, subject: Subject, faults: Iterable[Fault], tell: Tell = lambda at, who, what: None, *, apart: bool = True) -> None:
        self._subject = subject
        self._faults = tuple(faults)
        self._tell = tell
        self._over = threading.Event()
        self._under_way: dict[str, list[Fault]] = {fault.who: [] for fault in self._faults}
        shares: dict[str, list[Fault]] = {}
        for fault in self._faults:
            shares.setdefault(fault.who if apart else "all", []).append(fault)
        self._threads = [
            threading.Thread(target=self._run, args=(share,), name=f"storm on {whom}", daemon=True) for whom, share in shares.items()
        ]
        self._failure: BaseException | None = None

    def __enter__(self) -> Self:
        self._subject.check(self._faults)
        self._begun = time.monotonic()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()
        if kind is None:
            self.check()

    def check(self) -> None:
        """Raise what ended the storm, if anything did."""
        if self._failure is not None:
            raise self._failure

    def hits(self, who: str) -> bool:
        """True while something of this one is broken by the storm."""
        return bool(self._under_way.get(who))

    def _run(self, share: list[Fault]) -> None:
        try:
            self._pass(share)
        except BaseException as failure:  # noqa: BLE001 - it is raised again in the block's own thread
            self._fail(failure)
        for fault in [fault for who in {fault.who for fault in share} for fault in self._under_way[who]]:
            try:
                self._finish(fault)
            except BaseException as failure:  # noqa: BLE001 - the others are mended all the same
                self._fail(failure)

    def _fail(self, failure: BaseException) -> None:
        self._failure = self._failure or failure
        self._over.set()

    def _pass(self, share: list[Fault]) -> None:
        waiting = [(fault.at_s, number, fault, False) for number, fault in enumerate(share)]
        heapq.heapify(waiting)
        while waiting:
            at_s, number, fault, ends = heapq.heappop(waiting)
            if self._over.wait(max(0.0, self._begun + at_s - time.monotonic())):
                return
            if ends:
                self._finish(fault)
            else:
                self._tell(time.time(), fault.who, fault.says)
                self._begin(fault)
                heapq.heappush(waiting, (fault.ends_s, number, fault, True))

    def _begin(self, fault: Fault) -> None:
        mine = self._under_way[fault.who]
        mine.append(fault)  # before it is broken: whoever sees it broken can ask
        try:
            self._subject.begin(fault)
        except BaseException:
            mine.remove(fault)
            raise

    def _finish(self, fault: Fault) -> None:
        try:
            self._subject.end(fault)
        finally:
            self._under_way[fault.who].remove(fault)  # not before: whoever sees it broken can ask until it is mended
        if fault.lasts_s:
            self._tell(time.time(), fault.who, f"over: {fault.says}")


def write_down(path: Path, name: str, seed: int, faults: Iterable[Fault], **beside: Any) -> None:
    """Keep a storm as evidence: what it is called, its seed and all of its faults, as JSON."""
    text = json.dumps({"storm": name, "seed": seed, **beside, "faults": [fault.as_dict() for fault in faults]}, indent=1)
    path.write_text(text + "\n", encoding="utf-8")
