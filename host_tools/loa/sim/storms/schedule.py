"""Which faults a storm brings when. A pure function: the same name, seed, nodes and seconds give the same faults, and more seconds only add to them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from loa.errors import EXIT_USAGE, LoaError, suggestion
from loa.language import _
from loa.sim.hardware.lot import Lot
from loa.sim.hardware.surroundings import FULL, GONE, WRONG_PASSWORD
from loa.sim.storms import fault as kinds
from loa.sim.storms.fault import BROKER, Fault

_FIRST_S = 2.0
_SPREAD = (0.3, 1.7)  # of the mean pause between two faults of one kind
_ORIGIN_MANNERS = ("status 503", "status 404", "half an answer", "a reset")
_LINK_REASONS = (GONE, GONE, WRONG_PASSWORD, FULL)


@dataclass(frozen=True)
class _Strain:
    """Faults of one kind: `pause_s` between the end of one and the next on average, how long they last, what else is drawn for each."""

    kind: str
    pause_s: float
    lasts_s: tuple[float, float]
    how: Callable[[Lot], dict[str, Any]] = lambda _: {}


def _flicker(lot: Lot) -> dict[str, Any]:
    return {
        "times": 2 + lot.below(4),
        "on_ms": [100 + lot.below(1500) for _ in range(6)],
        "off_ms": [20 + lot.below(300) for _ in range(6)],
    }


def _slow(lot: Lot) -> dict[str, Any]:
    return {"rate_kbit": 32 + lot.below(64), "delay_median": 200 + lot.below(600), "delay_sigma": 0.5}


def _clock(lot: Lot) -> dict[str, Any]:
    return {"seconds": (-1 if lot.below(2) else 1) * (90 + lot.below(400 * 86_400))}


_POWER = (
    _Strain(kinds.POWER_CUT, 60, (0.3, 8)),
    _Strain(kinds.FLICKER, 120, (0, 0), _flicker),
)
_RADIO = (_Strain(kinds.LINK_CUT, 60, (1, 30), lambda lot: {"why": _LINK_REASONS[lot.below(len(_LINK_REASONS))]}),)
_NETWORK = (
    _Strain(kinds.STALL, 45, (0.5, 6)),
    _Strain(kinds.SLOW, 90, (5, 30), _slow),
    _Strain(kinds.LOSS, 90, (5, 30), lambda lot: {"loss": round(lot.between(0.1, 0.5), 2)}),
    _Strain(kinds.DNS_DEAD, 120, (5, 60)),
)
_PORTAL = (_Strain(kinds.CAPTIVE_PORTAL, 90, (5, 40)),)
_BROKER = (
    _Strain(
        kinds.BROKER_RESTART,
        90,
        (0.5, 10),
        lambda lot: {"data": ("with its data", "without its data")[lot.below(2)], "killed": bool(lot.below(2))},
    ),
)
_ORIGIN = (_Strain(kinds.ORIGIN_ERRORS, 60, (5, 30), lambda lot: {"manner": _ORIGIN_MANNERS[lot.below(len(_ORIGIN_MANNERS))]}),)
_CLOCK = (_Strain(kinds.CLOCK_JUMP, 90, (10, 60), _clock),)
_FLASH = (
    _Strain(kinds.FLASH_FULL, 120, (10, 60)),
    _Strain(kinds.SLOW_FLASH, 60, (5, 30)),
    _Strain(kinds.CALLBACKS_LOST, 20, (0, 0), lambda lot: {"count": 1 + lot.below(3)}),
)
_STORMS: Mapping[str, tuple[_Strain, ...]] = {
    "calm": (),
    "power": _POWER,
    "radio": _RADIO,
    "network": _NETWORK,
    "portal": _PORTAL,
    "broker": _BROKER,
    "origin": _ORIGIN,
    "clock": _CLOCK,
    "flash": _FLASH,
    "monsoon": _POWER + _RADIO + _NETWORK + _PORTAL + _BROKER + _ORIGIN + _CLOCK + _FLASH,
}
NAMES = tuple(_STORMS)


def schedule(name: str, seed: int, nodes: Sequence[str], seconds: float) -> tuple[Fault, ...]:
    """The faults that begin within `seconds`, in the order of their beginning. Raises `LoaError` for a name that is none of `NAMES`.

    What befalls one node does not depend on which others there are.
    """
    if name not in _STORMS:
        raise LoaError(
            _('there is no storm "{name}"', name=name), suggestion(name, NAMES) or _("the storms are: ") + ", ".join(NAMES), EXIT_USAGE
        )
    found: list[Fault] = []
    for strain in _STORMS[name]:
        for who in [BROKER] if strain.kind == kinds.BROKER_RESTART else nodes:
            found += _faults(strain, who, Lot(name, seed, strain.kind, who), seconds)
    return tuple(sorted(found, key=lambda fault: (fault.at_s, fault.kind, fault.who)))


def _faults(strain: _Strain, who: str, lot: Lot, seconds: float) -> list[Fault]:
    found: list[Fault] = []
    at_s = lot.between(_FIRST_S, strain.pause_s)
    while at_s < seconds:
        lasts_s = lot.between(*strain.lasts_s)
        found.append(Fault(round(at_s, 3), strain.kind, who, round(lasts_s, 3), strain.how(lot)))
        at_s += lasts_s + strain.pause_s * lot.between(*_SPREAD)
    return found
