"""`os` and `open` for the nodes of a fleet: each chip has a file system of its own in memory. OSError where littlefs would raise it.

Of the API only what firmware uses. A file that is open when the power is cut can write no more. Each file in `data` takes whole blocks of that partition.
"""

import errno
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

from loa.sim.fleet.chip import CURRENT, Chip

_FILE, _FOLDER = 0x8000, 0x4000
_BLOCK = 4096
_DATA = "data/"


class File:
    """One open file. Bytes, or text in the text modes; `in_data`: of the partition that can be full."""

    def __init__(self, content: bytearray, mode: str, in_data: bool) -> None:
        self._content = content
        self._in_data = in_data
        self._text = "b" not in mode
        self._at = len(content) if "a" in mode else 0
        self._chip = CURRENT.get()

    def __enter__(self) -> "File":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self, size: int = -1) -> Any:
        """At most `size` bytes or letters, all for -1."""
        end = len(self._content) if size < 0 else self._at + size
        data = bytes(self._content[self._at : end])
        self._at += len(data)
        return data.decode() if self._text else data

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer` as far as the file goes."""
        data = self._content[self._at : self._at + len(buffer)]
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def write(self, data: Any) -> int:
        """Write at the present place. OSError(ENOSPC), and nothing is written, where there is no room."""
        self._chip.check_power()
        octets = data.encode() if self._text else bytes(data)
        more = _blocks(self._at + len(octets)) - _blocks(len(self._content))
        if more > 0 and self._in_data:
            if more > _free(self._chip):
                raise OSError(errno.ENOSPC, "no room")
            self._chip.erase(more)
        self._content[self._at : self._at + len(octets)] = octets
        self._at += len(octets)
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move to `offset` from the start (0), here (1) or the end (2)."""
        self._at = offset + (0, self._at, len(self._content))[whence]
        return self._at

    def tell(self) -> int:
        """Where it is."""
        return self._at

    def flush(self) -> None:
        """All is written already."""

    def close(self) -> None:
        """All is written already."""

    def __iter__(self) -> Iterable[Any]:
        while line := self._line():
            yield line

    def _line(self) -> Any:
        end = self._content.find(b"\n", self._at) + 1 or len(self._content)
        return self.read(end - self._at)


def open_file(path: str, mode: str = "r", buffering: int = -1) -> File:
    """MicroPython's `open` on the files of the chip that runs."""
    chip = CURRENT.get()
    files = chip.files
    name = _name(path)
    if "w" in mode or ("a" in mode and name not in files):
        chip.check_power()
        _check_parent(name)
        files[name] = bytearray()
    content = files.get(name)
    if content is None:
        raise OSError(errno.ENOENT if name not in chip.folders else errno.EISDIR, path)
    if not isinstance(content, bytearray) and mode not in ("r", "rb"):
        content = files[name] = bytearray(content)
    return File(content, mode, name.startswith(_DATA))  # type: ignore[arg-type]  # reading never changes it


def fill(chip: Chip, *, full: bool) -> None:
    """Leave no free block in the partition `data`, as a defect or another program could, or give back what that took."""
    chip.ballast = _free(chip) if full else 0


def os_twin() -> SimpleNamespace:
    """The module. Random bytes are the chip's: a fleet of one seed draws the same."""
    return SimpleNamespace(
        stat=_stat,
        statvfs=_statvfs,
        rename=_rename,
        remove=_remove,
        unlink=_remove,
        mkdir=_mkdir,
        rmdir=_rmdir,
        listdir=_listdir,
        ilistdir=_ilistdir,
        getcwd=lambda: "/",
        sync=lambda: None,
        urandom=_urandom,
        uname=lambda: SimpleNamespace(sysname="esp32", release="1.23.0", version="fleet", machine="fleet"),
    )


def _urandom(count: int) -> bytes:
    return CURRENT.get().chance.randbytes(count)


def _name(path: str) -> str:
    return path.strip("/")


def _check_parent(name: str) -> None:
    parent = name.rpartition("/")[0]
    if parent and parent not in CURRENT.get().folders:
        raise OSError(errno.ENOENT, name)


def _stat(path: str) -> tuple[int, ...]:
    chip, name = CURRENT.get(), _name(path)
    if name in chip.files:
        return (_FILE, 0, 0, 0, 0, 0, len(chip.files[name]), 0, 0, 0)
    if name in chip.folders or not name:
        return (_FOLDER, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    raise OSError(errno.ENOENT, path)


def _statvfs(path: str) -> tuple[int, ...]:
    chip = CURRENT.get()
    free = _free(chip)
    return (_BLOCK, _BLOCK, chip.data_blocks, free, free, 0, 0, 0, 0, 255)


def _free(chip: Chip) -> int:
    used = sum(_blocks(len(content)) for name, content in chip.files.items() if name.startswith(_DATA))
    return max(0, chip.data_blocks - used - chip.ballast)


def _blocks(octets: int) -> int:
    return -(-octets // _BLOCK)


def _rename(old: str, new: str) -> None:
    chip = CURRENT.get()
    chip.check_power()
    if _name(old) not in chip.files:
        raise OSError(errno.ENOENT, old)
    _check_parent(_name(new))
    chip.files[_name(new)] = chip.files.pop(_name(old))


def _remove(path: str) -> None:
    chip = CURRENT.get()
    chip.check_power()
    if chip.files.pop(_name(path), None) is None:
        raise OSError(errno.ENOENT, path)


def _mkdir(path: str) -> None:
    chip, name = CURRENT.get(), _name(path)
    chip.check_power()
    if name in chip.folders or name in chip.files:
        raise OSError(errno.EEXIST, path)
    _check_parent(name)
    chip.folders.add(name)


def _rmdir(path: str) -> None:
    chip, name = CURRENT.get(), _name(path)
    chip.check_power()
    if name not in chip.folders:
        raise OSError(errno.ENOENT, path)
    if _listdir(path):
        raise OSError(errno.ENOTEMPTY, path)
    chip.folders.discard(name)


def _listdir(path: str = "/") -> list[str]:
    return [entry[0] for entry in _ilistdir(path)]


def _ilistdir(path: str = "/") -> list[tuple[str, int, int, int]]:
    chip, name = CURRENT.get(), _name(path)
    if name and name not in chip.folders:
        raise OSError(errno.ENOENT, path)
    inside = name + "/" if name else ""
    below = [(one, _FILE, len(content)) for one, content in chip.files.items()] + [(one, _FOLDER, 0) for one in chip.folders]
    return [(one[len(inside) :], kind, 0, size) for one, kind, size in below if one.startswith(inside) and "/" not in one[len(inside) :]]
