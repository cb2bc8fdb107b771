"""What faults do to the nodes of a commune, whatever those run on: which are under way, and what is then around each node."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from loa.errors import EXIT_USAGE, LoaError
from loa.language import _
from loa.sim.commune import Commune
from loa.sim.hardware.astray import ANY_PORT
from loa.sim.storms import fault as kinds
from loa.sim.storms.fault import BROKER, Fault
from loa.sim.storms.imposter import PORTAL, Imposters

_FOREVER_NS = 1 << 62
_WORST_ERASE_MS = [400, 400]


class NodesSubject(ABC):
    """See `loa.sim.storms.weather.Subject`. While a storm lasts, power, link and surroundings of the nodes are the storm's alone."""

    def __init__(self, commune: Commune, names: Iterable[str]) -> None:
        self._commune = commune
        self._under_way: dict[str, list[Fault]] = {name: [] for name in names}
        self._imposters = Imposters()

    def check(self, faults: Iterable[Fault]) -> None:
        """Raise `LoaError` for a fault that this commune cannot have."""
        if self._commune.broker.log_file is None and any(fault.who == BROKER for fault in faults):
            raise LoaError(
                _("the broker {url} is not ours to restart", url=self._commune.broker.url), _("choose another storm"), EXIT_USAGE
            )

    def begin(self, fault: Fault) -> None:
        """Break it."""
        if fault.who == BROKER:
            self._end_broker(fault)
            return
        self._under_way[fault.who].append(fault)
        if fault.kind == kinds.POWER_CUT:
            self._power(fault.who, on=False)
        elif fault.kind == kinds.FLICKER:
            self._flicker(fault.who, fault.how)
        elif fault.kind == kinds.FLASH_FULL:
            self._fill(fault.who, full=True)
        elif fault.kind == kinds.CALLBACKS_LOST:
            self._lose(fault.who, fault.how["count"])
        else:
            if fault.kind in _LED_ASTRAY:
                self._imposters.need(_manner(fault))
            self._surround(fault.who, self._laid(fault.who))

    def end(self, fault: Fault) -> None:
        """Mend it."""
        if fault.who == BROKER:
            self._commune.broker.start()
            return
        self._under_way[fault.who].remove(fault)
        if fault.kind == kinds.POWER_CUT:
            self._power(fault.who, on=True)
        elif fault.kind == kinds.FLASH_FULL:
            self._fill(fault.who, full=False)
        elif fault.kind not in (kinds.FLICKER, kinds.CALLBACKS_LOST):
            self._surround(fault.who, self._laid(fault.who))
            if fault.kind in _LED_ASTRAY:
                self._imposters.release(_manner(fault))

    @abstractmethod
    def _power(self, who: str, *, on: bool) -> None:
        """Cut it, or give it back."""

    @abstractmethod
    def _flicker(self, who: str, how: Mapping[str, Any]) -> None:
        """Let the supply flicker, unless the power is away."""

    @abstractmethod
    def _fill(self, who: str, *, full: bool) -> None:
        """Fill the data partition, or free it."""

    @abstractmethod
    def _lose(self, who: str, count: int) -> None:
        """So many of the next callbacks of interrupts never come."""

    @abstractmethod
    def _surround(self, who: str, laid: Mapping[str, Any]) -> None:
        """`laid`: what is other than usual around it from now on, with the names of `surroundings`; of its path only the figures that are."""

    def _end_broker(self, fault: Fault) -> None:
        broker = self._commune.broker
        (broker.kill if fault.how["killed"] else broker.stop)()
        if fault.how["data"] == "without its data":
            broker.wipe()

    def _laid(self, who: str) -> dict[str, Any]:
        """All that is under way at one node, laid over each other."""
        laid: dict[str, Any] = {"path": {}, "detours": {}, "time_lie": {}}
        for fault in self._under_way[who]:
            if fault.kind == kinds.LINK_CUT:
                laid["link"] = fault.how["why"]
            elif fault.kind == kinds.STALL:
                laid["stalled_ns"] = _FOREVER_NS
            elif fault.kind in (kinds.SLOW, kinds.LOSS):
                laid["path"] |= fault.how
            elif fault.kind == kinds.DNS_DEAD:
                laid["dns"] = False
            elif fault.kind == kinds.CAPTIVE_PORTAL:
                laid["detours"][ANY_PORT] = self._imposters.port(_manner(fault))
            elif fault.kind == kinds.ORIGIN_ERRORS:
                laid["detours"][str(urlsplit(self._commune.desk.http_url).port)] = self._imposters.port(_manner(fault))
            elif fault.kind == kinds.CLOCK_JUMP:
                laid["time_lie"][str(self._commune.desk.time_port)] = fault.how["seconds"]
            elif fault.kind == kinds.SLOW_FLASH:
                laid["erase_ms"] = _WORST_ERASE_MS
        return laid


_LED_ASTRAY = (kinds.CAPTIVE_PORTAL, kinds.ORIGIN_ERRORS)


def _manner(fault: Fault) -> str:
    return str(fault.how.get("manner", PORTAL))
