"""One fault: what breaks, whose, when and for how long. Says what it means; does nothing."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from loa.language import _

POWER_CUT = "power-cut"
FLICKER = "flicker"
LINK_CUT = "link-cut"
STALL = "stall"
SLOW = "slow"
LOSS = "loss"
DNS_DEAD = "dns-dead"
CAPTIVE_PORTAL = "captive-portal"
BROKER_RESTART = "broker-restart"
ORIGIN_ERRORS = "origin-errors"
CLOCK_JUMP = "clock-jump"
FLASH_FULL = "flash-full"
SLOW_FLASH = "slow-flash"
CALLBACKS_LOST = "callbacks-lost"

BROKER = "broker"  # as `Fault.who`

# What each is, for people; `how` is `Fault.how`.
KINDS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    POWER_CUT: lambda how: _("no power"),
    FLICKER: lambda how: _("the supply flickers {times} times", times=how["times"]),
    LINK_CUT: lambda how: _("the access point lets nobody in: {why}", why=how["why"]),
    STALL: lambda how: _("nothing passes on the network"),
    SLOW: lambda how: _("the network carries {rate} kbit/s and takes {delay} ms", rate=how["rate_kbit"], delay=how["delay_median"]),
    LOSS: lambda how: _("the network loses {loss:.0%}", loss=how["loss"]),
    DNS_DEAD: lambda how: _("no name server answers"),
    CAPTIVE_PORTAL: lambda how: _("a captive portal answers everything"),
    BROKER_RESTART: lambda how: _("ends and starts again, {data}", data=how["data"]),
    ORIGIN_ERRORS: lambda how: _("the audio server answers with {manner}", manner=how["manner"]),
    CLOCK_JUMP: lambda how: _("the time servers are wrong by {seconds} s", seconds=how["seconds"]),
    FLASH_FULL: lambda how: _("the data partition is full"),
    SLOW_FLASH: lambda how: _("each erase of flash takes 400 ms"),
    CALLBACKS_LOST: lambda how: _("{count} callbacks of interrupts are lost", count=how["count"]),
}


@dataclass(frozen=True)
class Fault:
    """`at_s`: seconds after the storm's beginning; `kind`: one of `KINDS`; `who`: a node's id or `BROKER`; `how`: what the kind's words in `KINDS` need."""

    at_s: float
    kind: str
    who: str
    lasts_s: float
    how: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ends_s(self) -> float:
        """Seconds after the storm's beginning."""
        return self.at_s + self.lasts_s

    @property
    def says(self) -> str:
        """What it is, for people."""
        return KINDS[self.kind](self.how)

    def as_dict(self) -> dict[str, Any]:
        """For a file of JSON."""
        return asdict(self)
