"""What a storm does to a fleet. What it cannot do is refused before anything begins: the erases of a fleet take no time."""

from collections.abc import Iterable, Mapping
from typing import Any

from loa.errors import EXIT_USAGE, LoaError
from loa.language import _
from loa.sim.fleet.commune import FleetCommune
from loa.sim.storms import fault as kinds
from loa.sim.storms.fault import KINDS, Fault
from loa.sim.storms.schedule import NAMES, schedule
from loa.sim.storms.subject import NodesSubject

_POSSIBLE = set(KINDS) - {kinds.SLOW_FLASH}
_SAMPLE_S = 3600.0  # within which every kind of a storm happens to some of a few nodes
_SAMPLE = ("a", "b", "c")


class FleetSubject(NodesSubject):
    """All faults come from one thread, so none of them waits."""

    def __init__(self, fleet: FleetCommune) -> None:
        super().__init__(fleet.commune, fleet.names)
        self._fleet = fleet

    def check(self, faults: Iterable[Fault]) -> None:
        """Raise `LoaError` for a fault that a fleet cannot have."""
        faults = list(faults)
        refuse_what_cannot_be(faults)
        super().check(faults)

    def _power(self, who: str, *, on: bool) -> None:
        self._fleet.crew.power([who], on)

    def _flicker(self, who: str, how: Mapping[str, Any]) -> None:
        self._fleet.crew.flicker(who, how)

    def _fill(self, who: str, *, full: bool) -> None:
        self._fleet.crew.fill(who, full)

    def _lose(self, who: str, count: int) -> None:
        self._fleet.crew.lose(who, count)

    def _surround(self, who: str, laid: Mapping[str, Any]) -> None:
        self._fleet.crew.surround(who, laid)


def refuse_what_cannot_be(faults: Iterable[Fault]) -> None:
    """Raise `LoaError` if one of the faults is none for a fleet."""
    impossible = sorted({fault.kind for fault in faults} - _POSSIBLE)
    if impossible:
        raise LoaError(
            _("nodes of a fleet have no {faults}", faults=", ".join(impossible)),
            _("the storms of a fleet are: {names}; name nodes instead of a number for the others", names=", ".join(possible())),
            EXIT_USAGE,
        )


def possible() -> list[str]:
    """The storms that a fleet can have."""
    return [name for name in NAMES if {fault.kind for fault in schedule(name, 0, _SAMPLE, _SAMPLE_S)} <= _POSSIBLE]
