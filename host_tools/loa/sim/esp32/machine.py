"""`machine` as far as the firmware uses it. Reset causes lie as the chip's do: brown-out looks like power-on."""

from chip import CHIP

from loa.sim.esp32.adc import ADC
from loa.sim.esp32.clock_chip import RTC
from loa.sim.esp32.i2c import I2C
from loa.sim.esp32.i2s import I2S
from loa.sim.esp32.memory import mem32
from loa.sim.esp32.pin import Pin
from loa.sim.esp32.timer import Timer
from loa.sim.esp32.uart import UART
from loa.sim.esp32.watchdog import WDT
from loa.sim.hardware import chip as _causes
from loa.sim.hardware.lifeline import RESET_HARD, RESET_SOFT

PWRON_RESET = 1
HARD_RESET = 2
WDT_RESET = 3
DEEPSLEEP_RESET = 4
SOFT_RESET = 5

_CAUSES = {
    _causes.POWER: PWRON_RESET,
    _causes.HARD: HARD_RESET,
    _causes.WATCHDOG: WDT_RESET,
    _causes.SOFT: SOFT_RESET,
    _causes.PROMPT: SOFT_RESET,
}
_FREQUENCIES = (20_000_000, 40_000_000, 80_000_000, 160_000_000, 240_000_000)

SoftI2C = I2C

__all__ = [
    "ADC",
    "DEEPSLEEP_RESET",
    "HARD_RESET",
    "I2C",
    "I2S",
    "PWRON_RESET",
    "RTC",
    "SOFT_RESET",
    "UART",
    "WDT",
    "WDT_RESET",
    "Pin",
    "SoftI2C",
    "Timer",
    "freq",
    "mem32",
    "reset",
    "reset_cause",
    "soft_reset",
    "unique_id",
]


def reset():
    CHIP.reset(RESET_HARD)


def soft_reset():
    CHIP.reset(RESET_SOFT)


def reset_cause():
    return _CAUSES[CHIP.cause]


def unique_id():
    return CHIP.mac


def freq(hertz=None):
    """Clock in Hz; setting it changes nothing but the answer: the emulated program runs as fast as the host."""
    if hertz is None:
        return CHIP.frequency
    if hertz not in _FREQUENCIES:
        raise ValueError("frequency must be 20MHz, 40MHz, 80Mhz, 160MHz or 240MHz")
    CHIP.frequency = hertz
    return None
