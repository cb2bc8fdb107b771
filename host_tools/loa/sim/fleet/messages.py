"""What goes between a fleet's workers and whoever runs them."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from loa.sim.hardware.crystal import PERFECT
from loa.sim.hardware.path import BARE


@dataclass(frozen=True)
class Blank:
    """A board as it leaves the bench: `files` by path, the sizes of its partitions in blocks of 4,096 bytes, the seed of its chance.

    `lot`: what path and crystal are drawn from, whose figures are those of profiles.toml.
    """

    node: str
    files: dict[str, bytes]
    journal_blocks: int
    data_blocks: int
    seed: int
    lot: str
    path: Mapping[str, Any] = field(default_factory=lambda: BARE)
    crystal: Mapping[str, Any] = field(default_factory=lambda: PERFECT)


@dataclass(frozen=True)
class Assignment:
    """What a worker runs. `ledger`: samples are counted instead of made, signatures checked by OpenSSL; `coarse`: with `worker.COARSE`."""

    blanks: list[Blank]
    ledger: bool
    coarse: bool


@dataclass(frozen=True)
class Look:
    """A worker's nodes at one moment; `air`: how many have which key on the air; `cpu_s`, `rss_kb` are the process's, `check_*` of signatures."""

    nodes: int
    powered: int
    online: int
    air: Counter[str]
    underruns: int
    sounded_s: float
    cpu_s: float
    rss_kb: int
    checks: int
    check_cpu_s: float


@dataclass(frozen=True)
class Sound:
    """Sound began on a node at `unix_us`; `key`: what its conductor had on the air then, None for what no plan or order asked for."""

    node: str
    unix_us: int
    key: str | None


@dataclass(frozen=True)
class Boot:
    """A start; `cause`: power, hard, soft or watchdog."""

    node: str
    unix_us: int
    cause: str
