"""One board of a fleet: what its modules share and what a power cut leaves. Which one runs is `CURRENT`, which every task of the node inherits."""

import asyncio
import random
from collections import deque
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from loa.sim.fleet.timing import Clock, Wheel
from loa.sim.hardware.crystal import PERFECT, Crystal
from loa.sim.hardware.path import BARE, Path
from loa.sim.hardware.surroundings import UP

if TYPE_CHECKING:
    from loa.sim.fleet.ledger import Ledger

POWER, HARD, WATCHDOG, SOFT = "power", "hard", "watchdog", "soft"
_US_TO_WRAP = 5_000_000  # ticks start so long before their wrap, so that every run passes it
_LOG_LINES = 40
_BLOCK = 4096
_ERASED = 0xFF
_COUNT, _SIZE, _ERASE = 4, 5, 6  # MP_BLOCKDEV_IOCTL of the extended block device protocol


class PowerCut(BaseException):
    """The board has no power, or is being reset: whatever still runs of its program ends here. No firmware may catch it as an error."""


class World:
    """What all chips of a process share. `connections`: see `network`. `ended`: called by a chip that resets itself, with the cause."""

    def __init__(self, clock: Clock, wheel: Wheel) -> None:
        self.clock = clock
        self.wheel = wheel


class Chip:
    """`files`: what the bench wrote, by path without a leading slash; `seed`: of everything that the chip draws by lot.

    `path`, `crystal`: figures as profiles.toml has them, drawn from `lot`.
    """

    def __init__(
        self,
        world: World,
        node_id: str,
        files: dict[str, bytes],
        journal_blocks: int,
        data_blocks: int,
        seed: int,
        *,
        lot: str = "",
        path: Mapping[str, Any] = BARE,
        crystal: Mapping[str, Any] = PERFECT,
    ) -> None:
        self.world = world
        self.node_id = node_id
        now_us = world.clock.now_us()
        self.crystal = Crystal(crystal, lot, now_us, world.clock.unix_us() // 1_000_000 % 86_400)
        self.path = Path(path, lot, now_us)
        self.stalled = False  # nothing passes between it and the world, see `stall` and `erase`
        self._stall = False
        self.erase_us = 0  # how long an erase holds the program
        self.dns = True
        self.detours: Mapping[str, int] = {}  # as `surroundings` has them
        self.time_lie: Mapping[str, int] = {}
        self.files: dict[str, bytes | bytearray] = dict(files)
        self.folders = {name[:place] for name in files for place, letter in enumerate(name) if letter == "/"} | {"data"}
        self.data_blocks = data_blocks
        self.ballast = 0  # of them, that nothing can be written to
        self.journal = SparseFlash(self, journal_blocks)
        self.chance = random.Random(seed)
        self.log: deque[str] = deque(maxlen=_LOG_LINES)
        self.powered = False
        self.link = UP  # what its access point says to it, see `surroundings`
        self.boots = 0
        self.rtc_memory = b""
        self.rtc_zero_us = 0  # host's monotonic us at the RTC's epoch
        self.on_reset: Callable[[str], None] = lambda cause: None
        self.on_sound: Callable[[int], None] = lambda unix_us: None
        self.connections: set[Any] = set()
        self.tasks: set[asyncio.Task[Any]] = set()
        self.watchdog_fed: Callable[[], None] = lambda: None
        self.underruns = 0  # buffers that went out as silence between two that sounded
        self.sounded_us = 0  # how long its speaker gave sound since it was made
        self._begin(POWER)

    def _begin(self, cause: str) -> None:
        self.cause = cause
        self.frequency = 160_000_000
        self.held_until_us = 0  # by the world's clock: nobody who sleeps wakes before
        self._settle()
        self.lose = 0  # callbacks of interrupts that never come from now on
        self.pins: dict[int, int] = {}
        self.i2s: dict[int, Ledger] = {}
        self.interfaces: list[Any] = []
        self.wlan: dict[str, Any] = {"active": False, "since": None, "ssid": None}
        self.wlan_config: dict[str, Any] = {"pm": 1, "hostname": "mpy-esp32", "reconnects": -1}
        self.watchdog_ms: int | None = None
        self.ticks_zero_us = self.now_us() + _US_TO_WRAP  # by its crystal, when the ticks are 0

    def power_on(self, cause: str) -> None:
        """Begin a run; `cause` is what ended the one before, or `POWER`."""
        if cause == POWER:
            self.rtc_memory = b""
            self.rtc_zero_us = self.world.clock.now_us()
        self._begin(cause)
        self.boots += 1
        self.powered = True

    def power_off(self) -> None:
        """From now on no instruction of the program has an effect."""
        self.powered = False
        for unit in list(self.i2s.values()):
            unit.silence()
        for connection in list(self.connections):
            connection.abort()

    def now_us(self) -> int:
        """The time by its crystal, from which ticks and I2S run."""
        return self.crystal.us(self.world.clock.now_us())  # type: ignore[no-any-return]

    @property
    def reachable(self) -> bool:
        """True while one of its interfaces has an address."""
        return self.link == UP and any(nic.isconnected() for nic in self.interfaces)

    def check_power(self) -> None:
        """Raise `PowerCut` if it is off."""
        if not self.powered:
            raise PowerCut(self.node_id)

    def stall(self, on: bool) -> None:
        """From now on nothing passes, or all does again."""
        self._stall = on
        self._settle()

    def erase(self, blocks: int) -> None:
        """So many flash blocks are erased. Where that takes time the program is held until it is over: see `runtime.hold_sleepers`; nothing passes either."""
        if self.erase_us:
            self.held_until_us = max(self.held_until_us, self.world.clock.now_us()) + blocks * self.erase_us
            self.stalled = True
            self.world.wheel.at(self.held_until_us, self._settle)

    def _settle(self) -> None:
        self.stalled = self._stall or self.world.clock.now_us() < self.held_until_us

    def reset(self, cause: str) -> None:
        """End this run now; whoever runs the chip begins the next."""
        self.on_reset(cause)
        raise PowerCut(self.node_id)


CURRENT: ContextVar[Chip] = ContextVar("chip")


class SparseFlash:
    """NOR flash as a partition sees it, with `loa.sim.hardware.flash`'s rules; of each block only what lies before its blank end is in memory."""

    def __init__(self, chip: Chip, blocks: int) -> None:
        self._chip = chip
        self._blocks = [bytearray() for _ in range(blocks)]
        self.violations = 0  # programs that asked for a bit to go from 0 to 1

    def readblocks(self, block: int, buffer: Any, offset: int = 0) -> None:
        """Fill `buffer` from `offset` bytes into `block`; may run on into the following blocks."""
        done = 0
        while done < len(buffer):
            number, start = divmod(block * _BLOCK + offset + done, _BLOCK)
            step = min(len(buffer) - done, _BLOCK - start)
            piece = self._blocks[number][start : start + step]
            buffer[done : done + step] = piece + b"\xff" * (step - len(piece))
            done += step

    def writeblocks(self, block: int, buffer: Any, offset: int | None = None) -> None:
        """Program; without `offset` the blocks are erased before."""
        if offset is None:
            for number in range(block, block - (-len(buffer) // _BLOCK)):
                self.ioctl(_ERASE, number)
        self._chip.check_power()
        data, done = bytes(buffer), 0
        while done < len(data):
            number, start = divmod(block * _BLOCK + (offset or 0) + done, _BLOCK)
            piece = data[done : done + _BLOCK - start]
            self._program(number, start, piece)
            done += len(piece)

    def ioctl(self, operation: int, argument: int = 0) -> int:
        """4: number of blocks, 5: bytes in one, 6: erase block `argument`, others: 0."""
        if operation == _COUNT:
            return len(self._blocks)
        if operation == _SIZE:
            return _BLOCK
        if operation == _ERASE:
            self._chip.check_power()
            self._blocks[argument] = bytearray()
            self._chip.erase(1)
        return 0

    def _program(self, number: int, start: int, data: bytes) -> None:
        cells = self._blocks[number]
        end = start + len(data)
        if len(cells) < end:
            cells.extend(b"\xff" * (end - len(cells)))
        before = cells[start:end]
        if before.count(_ERASED) == len(data):
            cells[start:end] = data
            return
        after = (int.from_bytes(before, "little") & int.from_bytes(data, "little")).to_bytes(len(data), "little")
        self.violations += after != data
        cells[start:end] = after
