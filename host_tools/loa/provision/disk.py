"""littlefs images on the host: made, opened, read. Knows nothing of boards and partitions."""

from collections.abc import Mapping
from typing import Any

from littlefs import LittleFS, LittleFSError

from loa.errors import LoaError
from loa.language import _
from loa.sim.hardware.flash import BLOCK

Files = Mapping[str, bytes]  # path without a leading slash: content


def littlefs_image(files: Files, size: int, label: str) -> bytes:
    """A littlefs of `size` bytes. MicroPython since 1.22 reads and writes its format, littlefs 2.1, which older ones refuse."""
    disk = LittleFS(block_size=BLOCK, block_count=size // BLOCK, name_max=255)
    try:
        for path, content in sorted(files.items()):
            if "/" in path:
                disk.makedirs(path.rsplit("/", 1)[0], exist_ok=True)
            with disk.open(path, "wb") as file:
                file.write(content)
    except LittleFSError as full:
        needed = sum(len(content) for content in files.values())
        raise LoaError(
            _(
                'partition "{label}" of {size} bytes has no room for {count} files of {needed} bytes',
                label=label,
                size=size,
                count=len(files),
                needed=needed,
            ),
            str(full),
        ) from None
    return bytes(disk.context.buffer)


def read_littlefs(image: bytes) -> dict[str, bytes]:
    """All files of a littlefs. Raises `LoaError` if it cannot be mounted."""
    disk = open_littlefs(image)
    files = {}
    for folder, _folders, names in disk.walk("/"):
        for name in names:
            path = f"{folder.rstrip('/')}/{name}"
            with disk.open(path, "rb") as file:
                files[path.lstrip("/")] = file.read()
    return files


def open_littlefs(image: bytes) -> LittleFS:
    """The file system in `image`, mounted. Raises `LoaError` if it cannot be."""
    disk = LittleFS(block_size=BLOCK, block_count=len(image) // BLOCK, mount=False)
    memory: Any = disk.context  # a UserContext, which has its memory in `buffer`
    memory.buffer[:] = image
    try:
        disk.mount()
    except LittleFSError as damaged:
        raise LoaError(_("this is no littlefs"), str(damaged)) from None
    return disk
