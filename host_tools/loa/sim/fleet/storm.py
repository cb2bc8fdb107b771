"""What a storm does to a fleet: power, radio, network and broker. What it cannot do is refused before anything begins.

The other faults need the emulated board of the unix port: name servers, portals, lying clocks and the flash of a fleet are the host's or none.
"""

from collections.abc import Iterable
from typing import Any

from loa.errors import EXIT_USAGE, LoaError
from loa.language import _
from loa.sim.fleet.commune import FleetCommune
from loa.sim.storms import fault as kinds
from loa.sim.storms.fault import BROKER, Fault
from loa.sim.storms.schedule import NAMES, schedule

_POSSIBLE = (kinds.POWER_CUT, kinds.FLICKER, kinds.LINK_CUT, kinds.STALL, kinds.SLOW, kinds.LOSS, kinds.DNS_DEAD, kinds.BROKER_RESTART)
_SAMPLE_S = 3600.0  # within which every kind of a storm happens to some of a few nodes
_SAMPLE = ("a", "b", "c")


class FleetSubject:
    """See `loa.sim.storms.weather.Subject`. All faults come from one thread, so none of them waits."""

    def __init__(self, fleet: FleetCommune) -> None:
        self._fleet = fleet
        self._under_way: dict[str, list[Fault]] = {name: [] for name in fleet.names}

    def check(self, faults: Iterable[Fault]) -> None:
        """Raise `LoaError` for a fault that a fleet cannot have."""
        refuse_what_cannot_be(faults)
        if self._fleet.commune.broker.log_file is None and any(fault.who == BROKER for fault in faults):
            raise LoaError(
                _("the broker {url} is not ours to restart", url=self._fleet.commune.broker.url), _("choose another storm"), EXIT_USAGE
            )

    def begin(self, fault: Fault) -> None:
        """Break it."""
        if fault.who == BROKER:
            self._end_broker(fault)
            return
        self._under_way[fault.who].append(fault)
        if fault.kind == kinds.POWER_CUT:
            self._fleet.crew.power([fault.who], on=False)
        elif fault.kind == kinds.FLICKER:
            self._fleet.crew.flicker(fault.who, fault.how)
        else:
            self._surround(fault.who)

    def end(self, fault: Fault) -> None:
        """Mend it."""
        if fault.who == BROKER:
            self._fleet.commune.broker.start()
            return
        self._under_way[fault.who].remove(fault)
        if fault.kind == kinds.POWER_CUT:
            self._fleet.crew.power([fault.who], on=True)
        elif fault.kind != kinds.FLICKER:
            self._surround(fault.who)

    def _end_broker(self, fault: Fault) -> None:
        broker = self._fleet.commune.broker
        (broker.kill if fault.how["killed"] else broker.stop)()
        if fault.how["data"] == "without its data":
            broker.wipe()

    def _surround(self, who: str) -> None:
        link, stalled = None, False
        path: dict[str, Any] = {}
        for fault in self._under_way[who]:
            if fault.kind == kinds.LINK_CUT:
                link = fault.how["why"]
            elif fault.kind == kinds.STALL:
                stalled = True
            elif fault.kind in (kinds.SLOW, kinds.LOSS):
                path |= fault.how
        names = any(fault.kind == kinds.DNS_DEAD for fault in self._under_way[who])
        self._fleet.crew.surround(who, link, path, stalled, dns=not names)


def refuse_what_cannot_be(faults: Iterable[Fault]) -> None:
    """Raise `LoaError` if one of the faults is none for a fleet."""
    impossible = sorted({fault.kind for fault in faults} - set(_POSSIBLE))
    if impossible:
        raise LoaError(
            _("nodes of a fleet have no {faults}", faults=", ".join(impossible)),
            _("the storms of a fleet are: {names}; name nodes instead of a number for the others", names=", ".join(possible())),
            EXIT_USAGE,
        )


def possible() -> list[str]:
    """The storms that a fleet can have."""
    return [name for name in NAMES if {fault.kind for fault in schedule(name, 0, _SAMPLE, _SAMPLE_S)} <= set(_POSSIBLE)]
