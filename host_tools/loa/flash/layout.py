"""What is to stand where on a board's flash, and which parts of it a board still lacks. Pure: no port, no file.

Comparing is done in pieces of an erase block, so that an interrupted board takes up where it was and an equal one is left alone.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from loa.boards import Board
from loa.flash.runtime import APPLICATION, RuntimeImage
from loa.provision.image import partition_table
from loa.sim.hardware.flash import BLOCK
from loa.sim.hardware.partitions import ADDRESS as TABLE_ADDRESS

PIECE = 0x10000  # the largest erase block of the usual flash chips
_BLANK = b"\xff"


@dataclass(frozen=True)
class Stretch:
    """Bytes that belong together; `name` is the partition's label or what it is. Begins and ends with a sector."""

    name: str
    address: int
    data: bytes


@dataclass(frozen=True)
class Change:
    """A piece of flash that is to be erased (`data` is None) or written. Whole sectors."""

    address: int
    size: int
    data: bytes | None


def runtime_stretches(board: Board, image: RuntimeImage) -> list[Stretch]:
    """Boot loader, our partition table in place of the image's own, and MicroPython."""
    return [
        Stretch("boot loader", image.offset, _whole(image.data[: TABLE_ADDRESS - image.offset].rstrip(_BLANK))),
        Stretch("partition table", TABLE_ADDRESS, _whole(partition_table(board))),
        Stretch("factory", APPLICATION, _whole(image.application)),
    ]


def partition_stretches(board: Board, images: Mapping[str, bytes], blank: Iterable[str] = ()) -> list[Stretch]:
    """Images of partitions by label, and the labels of those that are to be empty."""
    whole = dict(images) | dict.fromkeys(blank, b"")
    stretches = []
    for label, data in whole.items():
        partition = board.partition(label)
        stretches.append(Stretch(label, partition.address, data.ljust(partition.size, _BLANK)))
    return sorted(stretches, key=lambda one: one.address)


def changes(stretches: Iterable[Stretch], md5: Callable[[int, int], str]) -> Iterator[tuple[Stretch, list[Change]]]:
    """For each stretch what has to change; `md5(address, size)` tells what is on the board, in hexadecimal. Nothing for what stands there already."""
    for stretch in stretches:
        if md5(stretch.address, len(stretch.data)) == hashlib.md5(stretch.data).hexdigest():
            yield stretch, []
        else:
            yield stretch, list(_joined(_differing(stretch, md5)))


def _differing(stretch: Stretch, md5: Callable[[int, int], str]) -> Iterator[Change]:
    pieces = list(_pieces(stretch))
    for address, data in pieces:
        if len(pieces) == 1 or md5(address, len(data)) != hashlib.md5(data).hexdigest():
            yield Change(address, len(data), data if data.strip(_BLANK) else None)


def _pieces(stretch: Stretch) -> Iterator[tuple[int, bytes]]:
    """Cut at the erase blocks' borders."""
    end = stretch.address + len(stretch.data)
    start = stretch.address
    while start < end:
        stop = min(end, start - start % PIECE + PIECE)
        yield start, stretch.data[start - stretch.address : stop - stretch.address]
        start = stop


def _joined(pieces: Iterable[Change]) -> Iterator[Change]:
    """Neighbours of one kind as one change."""
    held: Change | None = None
    for piece in pieces:
        if held and held.address + held.size == piece.address and (held.data is None) == (piece.data is None):
            data = None if held.data is None or piece.data is None else held.data + piece.data
            held = Change(held.address, held.size + piece.size, data)
        else:
            if held:
                yield held
            held = piece
    if held:
        yield held


def _whole(data: bytes) -> bytes:
    """Up to the end of its last sector."""
    return data + _BLANK * (-len(data) % BLOCK)
