"""Carries faults out on a simulated commune. Its nodes must run MicroPython, since only that one has the emulated network."""

import time
from collections.abc import Iterable, Mapping
from typing import Any

from loa.errors import EXIT_USAGE, LoaError
from loa.language import _
from loa.sim.commune import Commune
from loa.sim.hardware import surroundings
from loa.sim.storms import fault as kinds
from loa.sim.storms.ballast import filled, freed
from loa.sim.storms.fault import Fault
from loa.sim.storms.subject import NodesSubject

_ANYWHERE_KINDS = (kinds.POWER_CUT, kinds.FLICKER, kinds.LINK_CUT, kinds.BROKER_RESTART)  # need no emulated network


class CommuneSubject(NodesSubject):
    """Faults of several nodes may come at once, from threads of their own; some take time."""

    def __init__(self, commune: Commune) -> None:
        super().__init__(commune, commune.nodes)
        self._calm = {name: node.surroundings for name, node in commune.nodes.items()}

    def check(self, faults: Iterable[Fault]) -> None:
        """Raise `LoaError` for a fault that this commune cannot have."""
        faults = list(faults)
        elsewhere = sorted({fault.kind for fault in faults} - set(_ANYWHERE_KINDS))
        if elsewhere and not self._commune.runtime.is_micropython:
            raise LoaError(
                _("nodes on CPython have no {elsewhere}", elsewhere=", ".join(elsewhere)),
                _("run them on MicroPython, or choose another storm"),
                EXIT_USAGE,
            )
        super().check(faults)

    def _power(self, who: str, *, on: bool) -> None:
        node = self._commune.nodes[who]
        if not on:
            node.power_off()
        elif not node.running:
            node.start()

    def _flicker(self, who: str, how: Mapping[str, Any]) -> None:
        node = self._commune.nodes[who]
        if not node.running:
            return  # there is nothing to flicker while the power is away
        for number in range(how["times"]):
            node.brown_out(how["off_ms"][number] / 1000)
            time.sleep(how["on_ms"][number] / 1000)

    def _fill(self, who: str, *, full: bool) -> None:
        """While the node is off."""
        node = self._commune.nodes[who]
        had_power = node.running
        node.power_off()
        (filled if full else freed)(node.folder)
        if had_power:
            node.start()

    def _lose(self, who: str, count: int) -> None:
        self._commune.nodes[who].surround(lose=count)

    def _surround(self, who: str, laid: Mapping[str, Any]) -> None:
        calm = self._calm[who]
        around = {**calm, **laid, "path": {**calm["path"], **laid["path"]}}
        self._commune.nodes[who].surround(**{name: around[name] for name in surroundings.calm() if name != "lose"})
