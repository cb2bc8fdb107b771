"""A board's description, checked: what the flash image, the simulator and later the bench need of `board.toml`."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from loa.errors import InvalidFile
from loa.firmware import board as read_board
from loa.sim.hardware.flash import BLOCK

MACHINE_CODE = ("mp3",)  # codecs that no interpreter decodes in real time

GPIO = Annotated[int, Field(ge=0, le=48)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Runtime(_Table):
    """The pinned MicroPython image and the architecture that `mpy-cross` compiles for."""

    image: str
    march: Literal["xtensawin", "rv32imc"]


class Storage(_Table):
    """What the bulletin cache holds."""

    bulletin_seconds: Annotated[int, Field(ge=0)]


class I2S(_Table):
    """Pins of `machine.I2S`; `verified`: heard on hardware by this project."""

    unit: Annotated[int, Field(ge=0, le=1)]
    sck: GPIO
    ws: GPIO
    sd: GPIO
    verified: bool


class Amplifier(_Table):
    """The pin that switches it and the level that is on."""

    pin: GPIO
    on: Literal[0, 1]
    verified: bool


class Audio(_Table):
    """From the codecs that it `plays` to the speaker; `codec` is the chip's name."""

    rate: Annotated[int, Field(ge=8000, le=48000)]
    plays: Annotated[list[Literal["mp3", "ima-adpcm", "pcm16"]], Field(min_length=1)]
    codec: Literal["max98357a"]
    master_clock: Literal["none"]
    i2s: I2S
    amplifier: Amplifier


class Partition(_Table):
    """One entry of the partition table."""

    label: Annotated[str, Field(min_length=1, max_length=15)]
    type: Annotated[int, Field(ge=0, le=254)]
    subtype: Annotated[int, Field(ge=0, le=254)]
    address: Annotated[int, Field(ge=0x9000, multiple_of=BLOCK)]
    size: Annotated[int, Field(gt=0, multiple_of=BLOCK)]
    format: Literal["littlefs"] | None = None


class Board(_Table):
    """One kind of board."""

    name: str
    chip: Literal["esp32", "esp32s3", "esp32c3"]
    flash_mb: Annotated[int, Field(ge=4, le=32)]
    psram_mb: Annotated[int, Field(ge=0, le=32)]
    uplinks: Annotated[list[Literal["wlan"]], Field(min_length=1)]
    runtime: Runtime
    storage: Storage
    audio: Audio
    partitions: list[Partition]

    @property
    def flash_bytes(self) -> int:
        """Size of the flash chip."""
        return self.flash_mb << 20

    def partition(self, label: str) -> Partition:
        """The partition of that label; KeyError if the map has none."""
        return {partition.label: partition for partition in self.partitions}[label]

    def for_node(self, name: str, interpreted: bool = False) -> dict[str, Any]:
        """What the node finds in its `board.json`; `name` is the folder's, by which releases know the board.

        `interpreted`: its Python makes no machine code, as CPython in place of a board, and is too slow for `MACHINE_CODE`.
        """
        i2s = self.audio.i2s
        return {
            "board": name,
            "uplinks": self.uplinks,
            "rate": self.audio.rate,
            "codecs": [codec for codec in self.audio.plays if not (interpreted and codec in MACHINE_CODE)],
            "i2s": {"unit": i2s.unit, "sck": i2s.sck, "ws": i2s.ws, "sd": i2s.sd},
            "amplifier": {"pin": self.audio.amplifier.pin, "on": self.audio.amplifier.on},
        }


def load_board(name: str) -> Board:
    """The board of that folder name. Raises `LoaError` if there is none and `InvalidFile` if its description has mistakes."""
    try:
        board = Board.model_validate(read_board(name))
    except ValidationError as invalid:
        raise InvalidFile([f"{name}/board.toml: {'.'.join(map(str, one['loc']))}: {one['msg']}" for one in invalid.errors()]) from None
    mistakes = _misplaced(board)
    if mistakes:
        raise InvalidFile([f"{name}/board.toml: {mistake}" for mistake in mistakes])
    return board


def _misplaced(board: Board) -> list[str]:
    mistakes = []
    end = 0
    for partition in sorted(board.partitions, key=lambda one: one.address):
        if partition.address < end:
            mistakes.append(f'partition "{partition.label}" overlaps the one before it')
        end = partition.address + partition.size
    if end > board.flash_bytes:
        mistakes.append(f"partitions end at {end:#x}, beyond the flash of {board.flash_bytes:#x} bytes")
    return mistakes
