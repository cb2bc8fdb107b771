"""One fault: what breaks, whose, when and for how long. Says what it means; does nothing."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

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

KINDS = {
    POWER_CUT: "no power",
    FLICKER: "the supply flickers {times} times",
    LINK_CUT: "the access point lets nobody in: {why}",
    STALL: "nothing passes on the network",
    SLOW: "the network carries {rate_kbit} kbit/s and takes {delay_median} ms",
    LOSS: "the network loses {loss:.0%}",
    DNS_DEAD: "no name server answers",
    CAPTIVE_PORTAL: "a captive portal answers everything",
    BROKER_RESTART: "ends and starts again, {data}",
    ORIGIN_ERRORS: "the audio server answers with {manner}",
    CLOCK_JUMP: "the time servers are wrong by {seconds} s",
    FLASH_FULL: "the data partition is full",
    SLOW_FLASH: "each erase of flash takes 400 ms",
    CALLBACKS_LOST: "{count} callbacks of interrupts are lost",
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
        return KINDS[self.kind].format(**self.how)

    def as_dict(self) -> dict[str, Any]:
        """For a file of JSON."""
        return asdict(self)
