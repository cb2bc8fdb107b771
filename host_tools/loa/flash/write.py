"""Brings a board's flash to what it should be, in one pass: compares, erases, writes, and the chip's own digests tell that it is so."""

from collections.abc import Sequence
from dataclasses import dataclass

from loa.boards import Board
from loa.flash.chips import spoken
from loa.flash.errors import BoardError
from loa.flash.layout import Stretch, changes
from loa.flash.loader import Loader
from loa.language import _
from loa.progress import Progress


class WrongBoard(BoardError):
    """Another chip, or too small a flash."""


@dataclass(frozen=True)
class Written:
    """Names of the stretches that had to change, and how many bytes of flash that were."""

    stretches: tuple[str, ...]
    size: int


def check_board(loader: Loader, board: Board) -> None:
    """Raises `WrongBoard` if what hangs on the port cannot be such a board."""
    if loader.chip != board.chip:
        raise WrongBoard(
            _("this board has {found}, and {board} has {chip}", found=spoken(loader.chip), board=board.name, chip=spoken(board.chip)),
            _("nothing was written; take another board, or correct `board` of the node in site.toml"),
        )
    if loader.flash_bytes < board.flash_bytes:
        raise WrongBoard(
            _(
                "this board has {found} MB of flash, and {board} has {wanted} MB",
                found=loader.flash_bytes >> 20,
                board=board.name,
                wanted=board.flash_mb,
            ),
            _("nothing was written; take another board, or correct `board` of the node in site.toml"),
        )


def bring_to(loader: Loader, stretches: Sequence[Stretch], progress: Progress) -> Written:
    """Write what differs. Interrupted anywhere, the next call goes on with what is still missing."""
    progress.stage(_("comparing"))
    needed = [(stretch, one) for stretch, ones in changes(stretches, loader.md5) for one in ones]
    total, done = sum(one.size for _stretch, one in needed), 0
    told = None
    for stretch, one in needed:
        if stretch.name != told:
            told = stretch.name
            progress.stage(_("writing {what}", what=told))
        if one.data is None:
            loader.erase(one.address, one.size)
        else:
            loader.write([(one.address, one.data)], _Part(progress, done, one.size, total))
        done += one.size
        progress.advance(done, total)
    return Written(tuple(dict.fromkeys(stretch.name for stretch, _one in needed)), total)


class _Part:
    """A part of the whole: `before` is done, and this is `size` of `total`."""

    def __init__(self, progress: Progress, before: int, size: int, total: int) -> None:
        self._progress = progress
        self._before = before
        self._size = size
        self._total = total
        self.stage = progress.stage
        self.note = progress.note

    def advance(self, done: int, total: int) -> None:
        """How much of this part, in whatever unit."""
        self._progress.advance(self._before + self._size * done // max(1, total), self._total)
