"""What a storm does to a fleet: the same faults as to any commune, by word to the workers that its nodes live in."""

from collections.abc import Mapping
from typing import Any

from loa.sim.fleet.commune import FleetCommune
from loa.sim.storms.subject import NodesSubject


class FleetSubject(NodesSubject):
    """All faults come from one thread, so none of them waits."""

    def __init__(self, fleet: FleetCommune) -> None:
        super().__init__(fleet.commune, fleet.names)
        self._fleet = fleet

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
