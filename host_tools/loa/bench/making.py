"""From a bare board to a node that has spoken: the whole of it for one board, and its two halves.

Whatever breaks off in between, the same call again goes on where it was and changes nothing that is right already.
"""

import hashlib
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from loa.bench.errors import NoSuchBoard, NotHeard
from loa.bench.inventory import Inventory
from loa.bench.newcomers import Newcomers
from loa.boards import Board, Partition, load_board
from loa.flash.layout import Stretch, partition_stretches, runtime_stretches
from loa.flash.loader import Loader, connected
from loa.flash.ports import Port
from loa.flash.runtime import RuntimeImage
from loa.flash.write import Written, WrongBoard, bring_to, check_board
from loa.keys import Keyring
from loa.language import _
from loa.progress import Progress
from loa.provision.contents import Services, node_files
from loa.provision.disk import Files, littlefs_image
from loa.provision.slots import cached_application
from loa.sim.hardware.flash import BLOCK
from loa.site.model import Site

FIRST_WORD_S = 90.0  # radio, address, handshake, and a broker that was not asked yet
_STORED = "data"  # the partition in which a node keeps what it was sent
_APPLICATION = 0  # partition type of runtimes


def _nothing(_node_id: str) -> Files:
    return {}


def _silent(_node_id: str, _number: int) -> None:
    """Nobody is asked to sound."""


@dataclass(frozen=True)
class Bench:
    """What all boards of one call share. `image(name of the board)` gives its runtime image; `services(node)` where that node finds what it needs.

    Without `newcomers` nobody waits for the node. `wipe`: what an old node had stored goes too; `again`: a node may get another board.
    `stored(node)`: files that its `data` is born with beside its first documents. `chirp(node, number)` lets a node that has spoken tell its number by ear.
    """

    site: Site
    keyring: Keyring
    inventory: Inventory
    image: Callable[[str], RuntimeImage]
    services: Callable[[str], Services]
    newcomers: Newcomers | None
    baud: int | None = None
    wipe: bool = False
    again: bool = False
    wait_s: float = FIRST_WORD_S
    stored: Callable[[str], Files] = _nothing
    chirp: Callable[[str, int], None] = _silent


@dataclass(frozen=True)
class Made:
    """A node at the bench: what was written (nothing if it was right already), and its first state, None if nobody waited for it."""

    node: str
    mac: str
    kind: str
    written: Written
    state: dict[str, Any] | None
    seconds: float


def make_node(bench: Bench, port: Port, candidates: Sequence[str], progress: Progress, number: int = 1) -> Made:
    """Make the board on a port into one of the nodes, the first that fits and has no board, and wait until it has spoken; then it tells `number`.

    Raises `LoaError`; then the inventory says how far it came.
    """
    begun = time.monotonic()
    progress.stage(_("asking the chip who it is"))
    with ExitStack() as under_way:
        with connected(port.device, bench.baud, progress) as loader:
            fitting = _fitting(bench, loader, candidates)
            before = bench.inventory.board(loader.mac)
            kind = bench.site.nodes[fitting[0]].board
            attempt = under_way.enter_context(bench.inventory.attempt(loader.mac, kind, fitting, port.location, bench.again))
            node_id = attempt.node
            image = bench.image(kind)
            was_it = before is not None and before.node == node_id and before.made is not None
            fresh = not was_it or bench.wipe or _is_blank(loader, load_board(kind).partition(_STORED))
            written = bring_to(loader, _all_of(bench, node_id, image, fresh=fresh), progress)
            if bench.newcomers is not None:
                bench.newcomers.expect(node_id)
        state = first_word(bench, node_id, progress)
        attempt.versions = _versions(image, state)
    if state is not None:
        bench.chirp(node_id, number)
    return Made(node_id, loader.mac, kind, written, state, time.monotonic() - begun)


def flash(device: str, board: Board, image: RuntimeImage, baud: int | None, progress: Progress) -> Written:
    """The first half: runtime and partition table on the board at a port; what its partitions hold stays."""
    progress.stage(_("asking the chip who it is"))
    with connected(device, baud, progress) as loader:
        check_board(loader, board)
        return bring_to(loader, runtime_stretches(board, image), progress)


def contents(site: Site, keyring: Keyring, node_id: str, services: Services, march: str | None) -> dict[str, dict[str, bytes]]:
    """The files of a node by partition, its application from this machine's cache."""
    slot = cached_application(march, load_board(site.nodes[node_id].board).lean)
    files = node_files(site, keyring, node_id, services, slot)
    return {label: dict(held) for label, held in files.items()}


def _fitting(bench: Bench, loader: Loader, candidates: Sequence[str]) -> list[str]:
    """Those nodes that this board can become. Raises `WrongBoard` or `NoSuchBoard` if there is none."""
    if len(candidates) == 1:
        check_board(loader, load_board(bench.site.nodes[candidates[0]].board))
    fitting = [node_id for node_id in candidates if _fits(loader, load_board(bench.site.nodes[node_id].board))]
    if not fitting:
        raise NoSuchBoard(loader.chip, loader.flash_bytes >> 20)
    return fitting


def _is_blank(loader: Loader, partition: Partition) -> bool:
    """True if nothing can be kept: both blocks in which a littlefs begins are erased."""
    size = 2 * BLOCK
    return loader.md5(partition.address, size) == hashlib.md5(b"\xff" * size).hexdigest()


def _fits(loader: Loader, board: Board) -> bool:
    try:
        check_board(loader, board)
    except WrongBoard:
        return False
    return True


def _all_of(bench: Bench, node_id: str, image: RuntimeImage, *, fresh: bool) -> list[Stretch]:
    """Everything that belongs on the board. A node that was made before keeps what it has stored and what it has not reported yet."""
    board = load_board(bench.site.nodes[node_id].board)
    files = contents(bench.site, bench.keyring, node_id, bench.services(node_id), image.march)
    files["data"] |= bench.stored(node_id)
    kept = set() if fresh else {_STORED}
    images = {label: littlefs_image(held, board.partition(label).size, label) for label, held in files.items() if label not in kept}
    raw = [one.label for one in board.partitions if one.format is None and one.type != _APPLICATION]
    return runtime_stretches(board, image) + partition_stretches(board, images, raw if fresh else ())


def first_word(bench: Bench, node_id: str, progress: Progress) -> dict[str, Any] | None:
    """The state that a node sends after its restart; None if nobody waits. Raises `NotHeard`."""
    if bench.newcomers is None:
        return None
    progress.stage(_("waiting for its first word"))
    state = bench.newcomers.wait(node_id, bench.wait_s)
    if state is None:
        raise NotHeard(node_id, bench.wait_s)
    return state


def _versions(image: RuntimeImage, state: dict[str, Any] | None) -> dict[str, Any]:
    return {"runtime": image.version or image.name, "application": (state or {}).get("version"), "loa": version("loa")}
