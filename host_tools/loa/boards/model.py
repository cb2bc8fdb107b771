"""The model of `board.toml`: what each setting is and its range. How settings fit together is checked in `load`.

Whatever has pins also has `source`, the vendor's document or schematic from which they come, and `verified`: heard or seen to work on hardware
by this project.
"""

from dataclasses import asdict
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from loa.boards.chips import CODECS, PROCESSORS
from loa.errors import EXIT_INVALID, LoaError
from loa.language import _
from loa.sim.hardware.flash import BLOCK

MACHINE_CODE = ("mp3",)  # codecs that no interpreter decodes in real time
# How many bytes may wait: of a live stream before the player, of messages to be acted on (a larger one waits alone), of messages to be sent.
WITH_PSRAM = {"live": 12_288, "inbox": 16_384, "outbox": 16_384}  # live: at 24 kHz 1 s of IMA ADPCM, 2 s of MP3
WITHOUT_PSRAM = {"live": 4_096, "inbox": 4_096, "outbox": 6_144}  # live: a third of a second, and what TCP has received (`duties.sounds`)
DATA_SHARE = 0.75  # of the partition `data` for bulletins; the rest is littlefs' and the documents'

Pin = Annotated[int, Field(ge=0, le=48)]
Level = Literal[0, 1]
Address = Annotated[int, Field(ge=0x08, le=0x77)]
HalfDecibels = Annotated[float, Field(le=0, multiple_of=0.5)]
Megabytes = Annotated[int, Field(ge=0, le=32)]
ChipName = Literal["esp32", "esp32s3", "esp32c3"]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Wired(_Table):
    source: Annotated[str, Field(min_length=8)]
    verified: bool


class Runtime(_Table):
    """The pinned MicroPython image. `sha256` and `bytes` are those of bytes that `loa boards lock` hashed, "" and 0 while nobody did."""

    version: Annotated[str, Field(pattern=r"^1\.\d+\.\d+$")]
    image: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+\.bin$")]
    url: Annotated[str, Field(pattern=r"^https://\S+$")]
    sha256: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = ""
    bytes: Annotated[int, Field(ge=0, le=1 << 24)] = 0
    offset: Annotated[int, Field(ge=0)]
    march: Literal["xtensawin", "rv32imc"]

    @property
    def locked(self) -> bool:
        """True if somebody hashed the bytes."""
        return bool(self.sha256)


class Storage(_Table):
    """What the bulletin cache holds, in seconds of IMA ADPCM at the first of the board's rates."""

    bulletin_seconds: Annotated[int, Field(ge=0)]


class I2S(_Wired):
    """Pins of `machine.I2S`."""

    unit: Annotated[int, Field(ge=0, le=1)]
    sck: Pin
    ws: Pin
    sd: Pin


class Codec(_Table):
    """The chip behind I2S. `level`: the gain that it is given, in dB: the ceiling of the board. What a chip does not have is left out."""

    chip: str
    address: Address | None = None
    outputs: Annotated[list[str], Field(min_length=1)] | None = None
    level: HalfDecibels = 0
    enable: Pin | None = None
    analogue_gain: Annotated[HalfDecibels, Field(ge=-15.5)] = 0
    bridged: bool = False
    source: Annotated[str, Field(min_length=8)] | None = None
    verified: bool = False


class MasterClock(_Table):
    """Where the codec's master clock comes from, and the pin that it leaves by."""

    source: Literal["bit-clock", "clk-out1", "any-pin"]
    pin: Pin | None = None


class Amplifier(_Wired):
    """The pin that switches it, the level that is on, and how long it takes to be ready."""

    pin: Pin
    on: Level
    settle_ms: Annotated[int, Field(ge=0, le=1000)]


class Audio(_Table):
    """From the codecs that it `plays`, at one of `rates`, to the loudspeaker. Without `amplifier` nothing switches it."""

    rates: Annotated[list[Annotated[int, Field(ge=8000, le=48000)]], Field(min_length=1)]
    plays: Annotated[list[Literal["mp3", "ima-adpcm", "pcm16"]], Field(min_length=1)]
    i2s: I2S
    codec: Codec
    master_clock: MasterClock = MasterClock(source="bit-clock")
    amplifier: Amplifier | None = None


class I2C(_Wired):
    """The bus of codec, battery clock and sensors."""

    unit: Annotated[int, Field(ge=0, le=1)] = 0
    sda: Pin
    scl: Pin
    hertz: Annotated[int, Field(ge=10_000, le=400_000)]


class Lan(_Wired):
    """An Ethernet PHY on RMII."""

    phy: Literal["lan8720"]
    address: Annotated[int, Field(ge=0, le=31)]
    mdc: Pin
    mdio: Pin
    power: Pin | None = None
    ref_clk: Pin
    ref_clk_mode: Literal["in", "out"]


class BatteryClock(_Table):
    """A clock chip that keeps the time over a power cut."""

    chip: str
    address: Address


class SupplySensor(_Table):
    """A chip that measures the supply."""

    chip: str
    address: Address
    shunt_milliohm: Annotated[int, Field(ge=1, le=1000)]


class Button(_Wired):
    """The button that opens the node's own page when it is held at power-up."""

    pin: Pin
    pressed: Level


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

    name: Annotated[str, Field(min_length=1, max_length=60)]
    chip: ChipName
    flash_mb: Annotated[Megabytes, Field(ge=4)]
    psram_mb: Megabytes
    uplinks: Annotated[list[Literal["wlan", "lan"]], Field(min_length=1)]
    runtime: Runtime
    storage: Storage
    audio: Audio
    i2c: I2C | None = None
    lan: Lan | None = None
    battery_clock: BatteryClock | None = None
    supply_sensor: SupplySensor | None = None
    button: Button | None = None
    partitions: Annotated[list[Partition], Field(min_length=1)]

    @property
    def flash_bytes(self) -> int:
        """Size of the flash chip."""
        return self.flash_mb << 20

    @property
    def verified(self) -> bool:
        """True if every group of pins was heard or seen to work on hardware."""
        groups = (self.audio.i2s, self.audio.amplifier, self.i2c, self.lan, self.button)
        return all(group.verified for group in groups if group) and (self.audio.codec.verified or not self.audio.codec.address)

    @property
    def lean(self) -> bool:
        """True where there is no memory for code that is used for moments only (`loa.provision.overlays`)."""
        return self.psram_mb == 0

    def partition(self, label: str) -> Partition:
        """The partition of that label; KeyError if the map has none."""
        return {partition.label: partition for partition in self.partitions}[label]

    def cache_bytes(self, rate: int) -> int:
        """Room for bulletins: the seconds that are promised, in IMA ADPCM, half a byte a sample and block headers of 4 in 512."""
        return min(self.storage.bulletin_seconds * rate * 512 // 1017, int(self.partition("data").size * DATA_SHARE))

    def for_node(self, name: str, interpreted: bool = False, rate: int | None = None) -> dict[str, Any]:
        """What the node finds in its `board.json`; `name` is the folder's, by which releases know the board.

        `interpreted`: its Python makes no machine code, as CPython in place of a board, and is too slow for `MACHINE_CODE`. `rate`: the site's, the first
        of the board's own if absent. Raises `LoaError` for a rate that the board cannot play.
        """
        rate = self.audio.rates[0] if rate is None else rate
        if rate not in self.audio.rates:
            raise LoaError(
                _("board {name} cannot play {rate} samples a second", name=name, rate=rate),
                _("it can play {rates}; choose one of them as audio.rate of the site", rates=", ".join(map(str, self.audio.rates))),
                EXIT_INVALID,
            )
        wiring = {
            "board": name,
            "uplinks": self.uplinks,
            "rate": rate,
            "buffers": WITHOUT_PSRAM if self.lean else WITH_PSRAM,
            "small_ring": self.lean or None,
            "spare_memory": asdict(spare) if (spare := PROCESSORS[self.chip].spare) and self.lean else None,
            "codecs": [codec for codec in self.audio.plays if not (interpreted and codec in MACHINE_CODE)],
            "i2s": {"unit": self.audio.i2s.unit, "sck": self.audio.i2s.sck, "ws": self.audio.i2s.ws, "sd": self.audio.i2s.sd},
            "codec": self._codec(),
            "master_clock": self.audio.master_clock.model_dump(exclude_none=True),
            "amplifier": self.audio.amplifier and self.audio.amplifier.model_dump(include={"pin", "on", "settle_ms"}),
            "i2c": self.i2c and self.i2c.model_dump(include={"unit", "sda", "scl", "hertz"}),
            "lan": self.lan and self.lan.model_dump(exclude={"phy", "source", "verified"}, exclude_none=True),
            "battery_clock": self.battery_clock and self.battery_clock.model_dump(),
            "supply_sensor": self.supply_sensor and self.supply_sensor.model_dump(),
            "button": self.button and self.button.model_dump(include={"pin", "pressed"}),
        }
        return {key: value for key, value in wiring.items() if value is not None}

    def _codec(self) -> dict[str, Any] | None:
        """The driver and its settings, gains in half decibels; None for a chip that is told nothing."""
        codec = self.audio.codec
        chip = CODECS[codec.chip]
        if not chip.addresses:
            return None
        settings: dict[str, Any] = {"driver": chip.driver, "address": codec.address, "level": int(codec.level * 2)}
        if chip.outputs:
            settings["outputs"] = codec.outputs
        if chip.enabled:
            settings |= {"enable": codec.enable, "analogue_gain": int(codec.analogue_gain * 2), "bridged": codec.bridged}
        return settings
