"""A commune of as many nodes as wanted: broker and station as everywhere, and the nodes in a crew of workers."""

import os
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from loa.errors import LoaError
from loa.language import _
from loa.sim.commune import Commune
from loa.sim.fleet.crew import Crew, allow_files
from loa.sim.fleet.spread import blanks, enlarged
from loa.sim.runtime import cpython
from loa.site.model import Site
from loa.station.places import only_station

_LOOK_S = 0.2
_BEHIND = 6  # niceness of the station: its bookkeeping may wait while thousands of nodes share its processors


class FleetCommune:
    """`with FleetCommune(site, folder, count) as fleet:` runs everything for as long as the block lasts; the nodes are on.

    commune   broker, station and desk, see `Commune`; it has no nodes of its own
    crew      the nodes, see `Crew`

    `seed` is that of everything the boards draw by lot; `profile`: the network between nodes and the world, none if empty;
    `workers` and `ledger` as for `Crew`. Raises `LoaError` for a count that cannot be.
    """

    def __init__(
        self,
        site: Site,
        folder: Path,
        count: int,
        station: str | None = None,
        *,
        seed: int = 0,
        workers: int | None = None,
        ledger: bool | None = None,
        profile: str = "",
    ) -> None:
        name = station or only_station(site)
        self.commune = Commune(enlarged(site, name, count), folder, cpython("a fleet shares its processes"), nodes=[], station=name)
        self.count = count
        self._seed = seed
        self._workers = workers
        self._ledger = ledger
        self._profile = profile
        self._crew: Crew | None = None

    @property
    def crew(self) -> Crew:
        """The nodes, once they exist."""
        assert self._crew is not None, "not entered"
        return self._crew

    @property
    def names(self) -> list[str]:
        """Ids of all nodes."""
        return list(self.commune.site.nodes_served_by(self.commune.station_name))

    def __enter__(self) -> Self:
        allow_files(self.count)
        try:
            self.commune.start_station()
            _stand_back(self.commune.station.pid)
            made = blanks(self.commune.site, self.commune.keyring, self.names, self.commune.services(), self._seed, self._profile)
            self._crew = Crew(made, self.commune.places.folder / "crew.log", self._workers, self._ledger)
            self._crew.start()
            self._crew.power_on()
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._close()

    def wait_online(self, timeout_s: float = 60.0) -> None:
        """Wait until every node has its session with the broker. Raises `LoaError` if they do not in time, with the last words of one that has not."""
        deadline = time.monotonic() + timeout_s
        while (online := self.crew.look().online) < self.count:
            if time.monotonic() > deadline:
                raise LoaError(
                    _(
                        "{missing} of {count} nodes are not online within {timeout_s:g} s",
                        missing=self.count - online,
                        count=self.count,
                        timeout_s=timeout_s,
                    ),
                    self._last_words(),
                )
            time.sleep(_LOOK_S)

    def _last_words(self) -> str:
        name = next((name for name, (_powered, online, _key) in self.crew.nodes().items() if not online), "")
        lines = self.crew.logs().get(name, [])
        if lines:
            return _("node {name} said last: {line}", name=name, line=lines[-1])
        return _("node {name} has said nothing; the logs are below {folder}", name=name, folder=self.commune.places.folder)

    def _close(self) -> None:
        if self._crew is not None:
            self._crew.stop()
        self.commune.close()


def _stand_back(pid: int) -> None:
    """Let a process that leads a session run behind others. Where Linux shares its processors between sessions first, niceness counts within one only."""
    os.setpriority(os.PRIO_PROCESS, pid, _BEHIND)
    with suppress(FileNotFoundError):  # another system, or one that does not: proc_pid_autogroup(5)
        Path(f"/proc/{pid}/autogroup").write_text(str(_BEHIND))
