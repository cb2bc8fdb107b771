"""What each fault does to a simulated commune. Its nodes must run MicroPython, since only that one has the emulated network."""

import time
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from loa.errors import EXIT_USAGE, LoaError
from loa.language import _
from loa.sim.commune import Commune
from loa.sim.hardware import surroundings
from loa.sim.node import SimulatedNode
from loa.sim.storms import fault as kinds
from loa.sim.storms.ballast import filled, freed
from loa.sim.storms.fault import BROKER, Fault
from loa.sim.storms.imposter import PORTAL, Imposter

_ANYWHERE_KINDS = (kinds.POWER_CUT, kinds.FLICKER, kinds.LINK_CUT, kinds.BROKER_RESTART)  # need no emulated network
_FOREVER_NS = 1 << 62
_WORST_ERASE_MS = [400, 400]


class CommuneSubject:
    """See `Subject`. While a storm lasts the power, link and surroundings of its nodes are the storm's alone."""

    def __init__(self, commune: Commune) -> None:
        self._commune = commune
        self._under_way: dict[str, list[Fault]] = {name: [] for name in commune.nodes}
        self._calm = {name: node.surroundings for name, node in commune.nodes.items()}
        self._imposters: dict[int, Imposter] = {}

    def check(self, faults: Iterable[Fault]) -> None:
        """Raise `LoaError` for a fault that this commune cannot have."""
        wanted = {fault.kind for fault in faults}
        elsewhere = sorted(wanted - set(_ANYWHERE_KINDS))
        if elsewhere and not self._commune.runtime.is_micropython:
            raise LoaError(
                _("nodes on CPython have no {elsewhere}", elsewhere=", ".join(elsewhere)),
                _("run them on MicroPython, or choose another storm"),
                EXIT_USAGE,
            )
        if kinds.BROKER_RESTART in wanted and self._commune.broker.log_file is None:
            raise LoaError(
                _("the broker {url} is not ours to restart", url=self._commune.broker.url), _("choose another storm"), EXIT_USAGE
            )

    def begin(self, fault: Fault) -> None:
        """Break it."""
        if fault.who == BROKER:
            self._end_broker(fault)
            return
        self._under_way[fault.who].append(fault)
        node = self._commune.nodes[fault.who]
        if fault.kind == kinds.POWER_CUT:
            node.power_off()
        elif fault.kind == kinds.FLICKER:
            self._flicker(node, fault.how)
        elif fault.kind == kinds.FLASH_FULL:
            self._rewrite(node, full=True)
        elif fault.kind == kinds.CALLBACKS_LOST:
            node.surround(lose=fault.how["count"])
        else:
            if fault.kind in (kinds.CAPTIVE_PORTAL, kinds.ORIGIN_ERRORS):
                self._imposters[id(fault)] = Imposter(fault.how.get("manner", PORTAL))
            self._surround(fault.who)

    def end(self, fault: Fault) -> None:
        """Mend it."""
        if fault.who == BROKER:
            self._commune.broker.start()
            return
        self._under_way[fault.who].remove(fault)
        node = self._commune.nodes[fault.who]
        if fault.kind == kinds.POWER_CUT:
            self._switch_on(node)
        elif fault.kind == kinds.FLASH_FULL:
            self._rewrite(node, full=False)
        elif fault.kind not in (kinds.FLICKER, kinds.CALLBACKS_LOST):
            self._surround(fault.who)
            if id(fault) in self._imposters:
                self._imposters.pop(id(fault)).close()

    def _end_broker(self, fault: Fault) -> None:
        broker = self._commune.broker
        (broker.kill if fault.how["killed"] else broker.stop)()
        if fault.how["data"] == "without its data":
            broker.wipe()

    def _flicker(self, node: SimulatedNode, how: Mapping[str, Any]) -> None:
        if not node.running:
            return  # there is nothing to flicker while the power is away
        for number in range(how["times"]):
            node.brown_out(how["off_ms"][number] / 1000)
            time.sleep(how["on_ms"][number] / 1000)

    def _switch_on(self, node: SimulatedNode) -> None:
        if not node.running:
            node.start()

    def _rewrite(self, node: SimulatedNode, *, full: bool) -> None:
        """Fill the data partition, or free it, while the node is off."""
        had_power = node.running
        node.power_off()
        (filled if full else freed)(node.folder)
        if had_power:
            node.start()

    def _surround(self, who: str) -> None:
        around = dict(self._calm[who])
        around["path"] = dict(around["path"])
        around["detours"] = {}
        around["time_lie"] = {}
        for fault in self._under_way[who]:
            self._apply(fault, around)
        self._commune.nodes[who].surround(**{name: around[name] for name in surroundings.calm() if name != "lose"})

    def _apply(self, fault: Fault, around: dict[str, Any]) -> None:
        if fault.kind == kinds.LINK_CUT:
            around["link"] = fault.how["why"]
        elif fault.kind == kinds.STALL:
            around["stalled_ns"] = _FOREVER_NS
        elif fault.kind in (kinds.SLOW, kinds.LOSS):
            around["path"] |= fault.how
        elif fault.kind == kinds.DNS_DEAD:
            around["dns"] = False
        elif fault.kind == kinds.CAPTIVE_PORTAL:
            around["detours"]["*"] = self._imposters[id(fault)].port
        elif fault.kind == kinds.ORIGIN_ERRORS:
            around["detours"][str(urlsplit(self._commune.desk.http_url).port)] = self._imposters[id(fault)].port
        elif fault.kind == kinds.CLOCK_JUMP:
            around["time_lie"][str(self._commune.desk.time_port)] = fault.how["seconds"]
        elif fault.kind == kinds.SLOW_FLASH:
            around["erase_ms"] = _WORST_ERASE_MS
