"""Makes the flash image of a node on the host, as the bench writes it: partition table, littlefs partitions with their files, everything else erased.

Does not know what the files mean. The runtime's own code (boot loader, `factory`) is left out: the simulator has its runtime elsewhere.
"""

from collections.abc import Mapping

from loa.boards import Board
from loa.errors import LoaError
from loa.language import _
from loa.provision.disk import Files, littlefs_image
from loa.sim.hardware import partitions

_ERASED = b"\xff"


def build_image(board: Board, files: Mapping[str, Files]) -> bytes:
    """The whole flash. `files`: for each littlefs partition by label what stands in it; `LoaError` if it does not fit, KeyError for a wrong label."""
    flash = bytearray(_ERASED * board.flash_bytes)
    _write(flash, partitions.ADDRESS, partition_table(board))
    for partition in board.partitions:
        if partition.format == "littlefs":
            _write(flash, partition.address, littlefs_image(files.get(partition.label, {}), partition.size, partition.label))
    for label in files:
        if board.partition(label).format != "littlefs":
            raise LoaError(_('partition "{label}" of {name} holds no files', label=label, name=board.name))
    return bytes(flash)


def partition_table(board: Board) -> bytes:
    """The table that the boot loader reads."""
    entries = [partitions.Entry(one.label, one.type, one.subtype, one.address, one.size) for one in board.partitions]
    return bytes(partitions.pack(entries))


def partition_of(board: Board, image: bytes, label: str) -> bytes:
    """The bytes of one partition of a flash image."""
    partition = board.partition(label)
    return image[partition.address : partition.address + partition.size]


def _write(flash: bytearray, address: int, content: bytes) -> None:
    flash[address : address + len(content)] = content
