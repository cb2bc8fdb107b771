"""What the tools know of the chips that a `board.toml` may name: their driver in `firmware/node/drivers/`, where they answer on I2C, what they can play.

Rates are those that the data sheet promises with the clocks that `machine.I2S` makes, 32 bits a frame.
"""

from collections.abc import Collection
from dataclasses import dataclass

BIT_CLOCK = "bit-clock"  # the codec runs from it, nothing is routed
CLK_OUT1 = "clk-out1"  # ESP32: GPIO 0
ANY_PIN = "any-pin"  # ESP32-S3: through the GPIO matrix
_ROUTED = (CLK_OUT1, ANY_PIN)


@dataclass(frozen=True)
class Codec:
    """`addresses`: none for a chip without registers. `outputs`: what of it may be wired, none where there is no choice. `enabled`: a pin wakes it.

    `excluded`: rates that boards run it at although its data sheet excludes them.
    """

    driver: str
    rates: tuple[int, ...]
    clocks: tuple[str, ...] = (BIT_CLOCK,)
    addresses: tuple[int, ...] = ()
    outputs: tuple[str, ...] = ()
    enabled: bool = False
    excluded: tuple[int, ...] = ()


@dataclass(frozen=True)
class Spare:
    """Memory that the stock runtime keeps for what a node never starts: address and bytes of each piece, the smallest first.

    `pieces`: for a Bluetooth controller; `slow`: of the memory that stays awake in deep sleep. `between`: sizes of the regions of IDF's heap around the former.
    """

    pieces: tuple[tuple[int, int], ...]
    slow: tuple[tuple[int, int], ...]
    between: tuple[int, ...]


@dataclass(frozen=True)
class Processor:
    """`pins` that a board may use, `outputs` of these that can drive something, `march` for mpy-cross, `offset` of the boot loader in flash.

    `download`: the pin that is low at reset for the ROM to wait for a serial loader (data sheets, strapping pins). `spare`: see
    `firmware/node/drivers/spare_memory.py`.
    """

    pins: frozenset[int]
    outputs: frozenset[int]
    march: str
    offset: int
    clocks: tuple[str, ...]
    download: int
    spare: Spare | None = None


CODECS = {
    "max98357a": Codec("plain", (8000, 16000, 32000, 44100, 48000), excluded=(22050, 24000)),  # Maxim 19-6779: these "are NOT supported"
    "pcm5102a": Codec("plain", (32000, 44100, 48000)),  # TI SLAS859, BCK rates for PLL operation
    "pcm5121": Codec("pcm512x", (32000, 44100, 48000), addresses=(0x4C, 0x4D, 0x4E, 0x4F)),
    "pcm5122": Codec("pcm512x", (32000, 44100, 48000), addresses=(0x4C, 0x4D, 0x4E, 0x4F)),
    "tas5805m": Codec("tas5805m", (32000, 44100, 48000), addresses=(0x2C, 0x2D, 0x2E, 0x2F), enabled=True),  # TI SLASEH5, clock rates
    "es8388": Codec("es8388", (8000, 16000, 22050, 24000, 32000, 44100, 48000), _ROUTED, (0x10, 0x11), ("out1", "out2")),
    "es8311": Codec("es8311", (16000, 22050, 24000, 32000, 44100, 48000), addresses=(0x18, 0x19)),
    "ac101": Codec("ac101", (8000, 16000, 22050, 24000, 32000, 44100, 48000), addresses=(0x1A,), outputs=("headphone", "speaker")),
}
BATTERY_CLOCKS = {"ds3231": (0x68,), "pcf8563": (0x51,)}
SUPPLY_SENSORS = {"ina219": tuple(range(0x40, 0x50)), "ina226": tuple(range(0x40, 0x50))}

_ESP32_OUTPUTS = frozenset({*range(6), *range(12, 20), 21, 22, 23, 25, 26, 27, 32, 33})  # 6 to 11 are the flash's
_S3 = frozenset({*range(22), *range(33, 49)})  # 22 to 25 do not exist, 26 to 32 are the flash's
_C3 = frozenset({*range(11), *range(18, 22)})
# ESP-IDF 5, soc/esp32/include/soc/soc.h: SOC_MEM_BT_EM_START to SOC_MEM_BT_EM_BREDR_REAL_END, SOC_MEM_BT_BSS, SOC_MEM_BT_DATA, all of which
# `esp_bt_mem_release` would give to the heap; regions as seen on an emulated ESP32 with the stock 1.23.
# RTC slow memory, ESP32 technical reference manual, 1.3.2: 8 KB, of which MicroPython keeps 2,040 bytes for the ULP coprocessor
# (CONFIG_ULP_COPROC_RESERVE_MEM), then has `RTC.memory()`, and IDF the last 24. Nothing else in the stock image of 1.23 names an address there.
_SPARE = Spare(
    ((0x3FFAE6E0, 0x1830), (0x3FFB8000, 0x1A20), (0x3FFB0000, 0x6388)),
    ((0x50000000, 0x7F8), (0x50001000, 0xFE8)),
    (240, 7288, 16648),
)
PROCESSORS = {
    "esp32": Processor(_ESP32_OUTPUTS | {34, 35, 36, 39}, _ESP32_OUTPUTS, "xtensawin", 0x1000, (BIT_CLOCK, CLK_OUT1), 0, _SPARE),
    "esp32s3": Processor(_S3, _S3, "xtensawin", 0x0, (BIT_CLOCK, ANY_PIN), 0),
    "esp32c3": Processor(_C3, _C3, "rv32imc", 0x0, (BIT_CLOCK,), 9),
}
PSRAM_PINS = {"esp32": frozenset({16, 17}), "esp32s3": frozenset({33, 34, 35, 36, 37})}  # WROVER; octal


def spoken(numbers: Collection[int], form: str = "") -> list[str]:
    """Numbers as words for a person, in order."""
    return [format(number, form) for number in sorted(numbers)]
