"""A runtime image: MicroPython for one family of chips in one file, looked at before anything of it is written.

The file begins with the boot loader; a partition table and the application lie at their places behind it (ESP-IDF, "Application Image Format").
"""

import hashlib
import re
import struct
from dataclasses import dataclass
from pathlib import Path

from esptool.bin_image import LoadFirmwareImage

from loa.boards import Board
from loa.flash.chips import CHIPS, spoken
from loa.flash.errors import BoardError
from loa.language import _

APPLICATION = 0x10000  # where every stock image has it
_BANNER = re.compile(rb"(v\d+\.\d+\.\d+[\w.+-]*) on \d{4}-\d\d-\d\d")
_MAGIC = b"\xe9"
_DESCRIPTION = "<II8x32s32s16s16s32s"  # esp_app_desc_t: magic, -, version, project, time, date, IDF version
_DESCRIPTION_MAGIC = 0xABCD5432
_DESCRIPTION_OFFSET = 32  # behind the image's header and that of its first segment


class BadImage(BoardError):
    """A file that is no runtime image for this board."""


@dataclass(frozen=True)
class RuntimeImage:
    """`data` as it lies in flash from `offset` on; `version` as the image says itself; `march` is what mpy-cross compiles for."""

    name: str
    data: bytes
    offset: int
    version: str
    march: str

    @property
    def application(self) -> bytes:
        """From `APPLICATION` on."""
        return self.data[APPLICATION - self.offset :]


def read_image(path: Path, board: Board, *, sha256: str = "", march: str | None = None) -> RuntimeImage:
    """The image in a file, for a board. `sha256`: what the file must have, in hexadecimal; `march`: not the board's own.

    Raises `BadImage` if it cannot be read, is another's, damaged, cut short, or larger than the board's partition for it.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadImage(
            _("{path}: cannot be read: {reason}", path=path, reason=error.strerror), _("give the file of a runtime image with --image")
        ) from error
    found = hashlib.sha256(data).hexdigest()
    if sha256 and found != sha256:
        raise BadImage(
            _("{path}: its SHA-256 is {found}, and {wanted} is wanted", path=path, found=found[:16] + "...", wanted=sha256[:16] + "..."),
            _("remove the file and fetch it again; if the maker has changed it, look at board.toml"),
        )
    offset = board.runtime.offset
    _check(data, 0, board, path)
    application = data[APPLICATION - offset :]
    _check(application, APPLICATION - offset, board, path)
    factory = board.partition("factory")
    if len(application) > factory.size:
        raise BadImage(
            _("{path}: {size} bytes do not fit into the partition of {room}", path=path, size=len(application), room=factory.size),
            _("take the image that board.toml names, or enlarge `factory` there"),
        )
    return RuntimeImage(path.name, data, offset, _banner(application) or described(application) or "", march or board.runtime.march)


def _check(data: bytes, place: int, board: Board, path: Path) -> None:
    """The image that begins `data` is whole and for the board's chip."""
    hint = _("download it again, or take the one that board.toml names: {url}", url=board.runtime.url)
    try:
        image = LoadFirmwareImage(board.chip, data)
    except (RuntimeError, struct.error, IndexError, KeyError) as error:  # esptool's own errors are of the first kind
        reason = str(error.args[0]).splitlines()[0] if isinstance(error, RuntimeError) else _("it ends too early")
        raise BadImage(_("{path}: no whole image at byte {place:#x}: {reason}", path=path, place=place, reason=reason), hint) from error
    if image.chip_id != CHIPS[board.chip].image_id:
        other = next((chip.spoken for chip in CHIPS.values() if chip.image_id == image.chip_id), f"chip {image.chip_id}")
        raise BadImage(_("{path}: an image for {other}, and the board has {chip}", path=path, other=other, chip=spoken(board.chip)), hint)
    if not image.append_digest or image.stored_digest != image.calc_digest:
        raise BadImage(_("{path}: damaged: the digest at byte {place:#x} does not fit", path=path, place=place), hint)


def _banner(application: bytes) -> str:
    """The version in MicroPython's greeting, since stock images describe themselves without one; empty if there is none."""
    greeting = _BANNER.search(application)
    return greeting[1].decode() if greeting else ""


DESCRIBED_BYTES = _DESCRIPTION_OFFSET + struct.calcsize(_DESCRIPTION)


def described(application: bytes) -> str | None:
    """The version by which an application image, of which these are at least the first `DESCRIBED_BYTES`, describes itself, or else when it was built and
    with which ESP-IDF, as MicroPython's do; empty if it does not, None if it is no image."""
    if application[:1] != _MAGIC or len(application) < DESCRIBED_BYTES:
        return None
    magic, _secure, *texts = struct.unpack_from(_DESCRIPTION, application, _DESCRIPTION_OFFSET)
    if magic != _DESCRIPTION_MAGIC:
        return ""
    version, _project, _time, date, idf = (text.split(b"\0")[0].decode(errors="replace") for text in texts)
    return version or (_("built {date} with ESP-IDF {idf}", date=" ".join(date.split()), idf=idf) if date else "")
