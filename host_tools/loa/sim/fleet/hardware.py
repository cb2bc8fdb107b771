"""Twins of `machine`, `network` and `esp32` for a fleet: every object belongs to the chip that runs when it is made.

What the firmware asks of a board without a codec chip; the board as it is in every detail is `loa.sim.esp32`, for the unix port.
"""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from loa.sim.fleet.chip import CURRENT, HARD, POWER, SOFT, WATCHDOG, Chip, SparseFlash
from loa.sim.fleet.ledger import Ledger
from loa.sim.hardware.calendar import civil, days
from loa.sim.hardware.surroundings import FULL, GONE, UP, WRONG_PASSWORD

_CAUSES = {POWER: 1, HARD: 2, WATCHDOG: 3, SOFT: 5}
_DAY_US = 86_400_000_000
_2000 = days(2000, 1, 1)
_ASSOCIATION_US = 1_000_000
_RSSI = -61
_REFUSALS = {GONE: 201, WRONG_PASSWORD: 202, FULL: 5}
_ADDRESSES = ("127.0.0.1", "255.0.0.0", "127.0.0.1", "127.0.0.1")
_NO_ADDRESSES = ("0.0.0.0",) * 4
_IDF_HEAP = {4: [(226_000, 78_000, 65_536, 52_000)], 1: [(95_000, 60_000, 57_344, 60_000)]}


class Pin:
    """A GPIO; the last level driven stays with the chip."""

    IN, OUT, OPEN_DRAIN = 1, 3, 7
    PULL_DOWN, PULL_UP = 1, 2

    def __init__(self, number: int, mode: int = -1, pull: int = -1, *, value: int | None = None, **_: Any) -> None:
        self._levels = CURRENT.get().pins
        self._number = number
        self._rest = 1 if pull == self.PULL_UP else 0
        if value is not None:
            self.value(value)
        elif mode == self.OUT:
            self._levels.setdefault(number, 0)

    def value(self, level: int | None = None) -> int | None:
        """The level, or drive it."""
        if level is None:
            return self._levels.get(self._number, self._rest)
        self._levels[self._number] = 1 if level else 0
        return None

    __call__ = value

    def on(self) -> None:
        """High."""
        self.value(1)

    def off(self) -> None:
        """Low."""
        self.value(0)


class RTC:
    """Time of day in UTC and memory, both kept by every reset that is no loss of power."""

    def __init__(self, id: int = 0) -> None:
        self._chip = CURRENT.get()

    def datetime(self, when: tuple[int, ...] | None = None) -> tuple[int, ...] | None:
        """`(year, month, day, weekday, hour, minute, second, microsecond)`."""
        chip = self._chip
        now_us = chip.world.clock.now_us()
        if when is None:
            day, microsecond = divmod(now_us - chip.rtc_zero_us, _DAY_US)
            second, microsecond = divmod(microsecond, 1_000_000)
            return (*civil(day + _2000), (day + 5) % 7, second // 3600, second // 60 % 60, second % 60, microsecond)
        year, month, date, _, hour, minute, second, microsecond = when
        seconds = (days(year, month, date) - _2000) * 86_400 + hour * 3600 + minute * 60 + second
        chip.rtc_zero_us = now_us - seconds * 1_000_000 - microsecond
        return None

    def memory(self, data: bytes | None = None) -> bytes | None:
        """The kept bytes, or replace them."""
        if data is None:
            return self._chip.rtc_memory
        if len(data) > 2048:
            raise ValueError("buffer too long")
        self._chip.rtc_memory = bytes(data)
        return None


class WDT:
    """Once started nothing stops it. The chip is reset when it is not fed in time, see `life`."""

    def __init__(self, id: int = 0, timeout: int = 5000) -> None:
        self._chip = CURRENT.get()
        self._chip.watchdog_ms = timeout
        self._chip.watchdog_fed()

    def feed(self) -> None:
        """It lives."""
        self._chip.watchdog_fed()


class Timer:
    """A one-shot or periodic timer on the tick; `period` in milliseconds."""

    ONE_SHOT, PERIODIC = 0, 1

    def __init__(self, id: int, **settings: Any) -> None:
        self._chip = CURRENT.get()
        self._running = False
        if settings:
            self.init(**settings)

    def init(self, *, mode: int = PERIODIC, period: int, callback: Callable[[Any], object]) -> None:
        """Start."""
        self._running = True
        self._again = mode == self.PERIODIC
        self._period_us = period * 1_000
        self._callback = callback
        self._chip.world.wheel.after(self._period_us, self._ring)

    def deinit(self) -> None:
        """Stop."""
        self._running = False

    def _ring(self) -> None:
        if self._running and self._chip.powered:
            self._running = self._again
            if self._again:
                self._chip.world.wheel.after(self._period_us, self._ring)
            if self._chip.lose:
                self._chip.lose -= 1
            else:
                self._callback(self)


class WLAN:
    """The radio: associates in a second while the network is in reach; every name and password is right."""

    IF_STA, IF_AP = 0, 1
    PM_NONE, PM_PERFORMANCE, PM_POWERSAVE = 0, 1, 2

    def __init__(self, interface: int = 0) -> None:
        if interface != self.IF_STA:
            raise ValueError("only the station interface is emulated")
        self._chip = CURRENT.get()
        self._chip.interfaces.append(self)

    def active(self, on: bool | None = None) -> bool:
        """Switch it on or off, or say whether it is."""
        state = self._chip.wlan
        if on is not None:
            state["active"] = bool(on)
            if not on:
                self.disconnect()
        return bool(state["active"])

    def connect(self, ssid: str | None = None, key: str | None = None, *, bssid: bytes | None = None) -> None:
        """Begin to associate."""
        if not self._chip.wlan["active"]:
            raise OSError(0x3002)  # ESP_ERR_WIFI_NOT_STARTED
        self._chip.wlan.update(ssid=ssid, since=self._chip.world.clock.now_us())

    def disconnect(self) -> None:
        """Leave the network."""
        self._chip.wlan["since"] = None

    def status(self, what: str | None = None) -> int:
        """A `STAT_` number, or the signal for "rssi"."""
        if what == "rssi":
            return _RSSI
        since = self._chip.wlan["since"]
        if since is None:
            return 1000
        if self._chip.link != UP:
            return _REFUSALS[self._chip.link]
        return 1010 if self._chip.world.clock.now_us() - since >= _ASSOCIATION_US else 1001

    def isconnected(self) -> bool:
        """True with an address."""
        return self.status() == 1010

    def ifconfig(self, addresses: Any = None) -> tuple[str, ...]:
        """Address, mask, gateway, name server."""
        return _ADDRESSES if self.isconnected() else _NO_ADDRESSES

    def config(self, name: str | None = None, **values: Any) -> Any:
        """A setting, or change some."""
        if name == "mac":
            return _mac(self._chip)
        if name in ("ssid", "essid"):
            return self._chip.wlan["ssid"] or ""
        if name is not None:
            return self._chip.wlan_config[name]
        self._chip.wlan_config.update(values)
        return None


class LAN:
    """An Ethernet interface with its cable plugged in while the link is not cut."""

    def __init__(self, id: int = 0, **pins: Any) -> None:
        self._chip = CURRENT.get()
        self._chip.interfaces.append(self)
        self._active = False

    def active(self, on: bool | None = None) -> bool:
        """Switch it on or off, or say whether it is."""
        if on is not None:
            self._active = bool(on)
        return self._active

    def status(self) -> int:
        """An `ETH_` number."""
        if not self._active:
            return 1
        return 5 if self._chip.link == UP else 4

    def isconnected(self) -> bool:
        """True with an address."""
        return self.status() == 5

    def ifconfig(self, addresses: Any = None) -> tuple[str, ...]:
        """Address, mask, gateway, name server."""
        return _ADDRESSES if self.isconnected() else _NO_ADDRESSES

    def config(self, name: str | None = None, **values: Any) -> Any:
        """Only "mac" can be asked."""
        return _mac(self._chip) if name == "mac" else None


class Partition:
    """Only `journal` is flash here: the file systems are `filing`'s."""

    BOOT, RUNNING = 0, 1
    TYPE_APP, TYPE_DATA = 0, 1

    @classmethod
    def find(cls, type: int = TYPE_APP, subtype: int = 0xFF, label: str | None = None, block_size: int = 4096) -> list[SparseFlash]:
        """The partitions with a label, as a list."""
        return [CURRENT.get().journal] if label == "journal" and type == cls.TYPE_DATA else []

    @classmethod
    def mark_app_valid_cancel_rollback(cls) -> None:
        """Accepted: there is no second runtime image to roll back to."""


def _mac(chip: Chip) -> bytes:
    return b"\x24" + chip.node_id.encode()[-5:].rjust(5, b"\0")


def _freq(hertz: int | None = None) -> int | None:
    chip = CURRENT.get()
    if hertz is None:
        return chip.frequency
    chip.frequency = hertz
    return None


def machine_twin() -> SimpleNamespace:
    """The module `machine`."""
    return SimpleNamespace(
        PWRON_RESET=1,
        HARD_RESET=2,
        WDT_RESET=3,
        DEEPSLEEP_RESET=4,
        SOFT_RESET=5,
        I2S=Ledger,
        Pin=Pin,
        RTC=RTC,
        Timer=Timer,
        WDT=WDT,
        freq=_freq,
        reset=lambda: CURRENT.get().reset(HARD),
        soft_reset=lambda: CURRENT.get().reset(SOFT),
        reset_cause=lambda: _CAUSES[CURRENT.get().cause],
        unique_id=lambda: _mac(CURRENT.get()),
    )


def network_twin() -> SimpleNamespace:
    """The module `network`."""
    statuses = {
        "STAT_IDLE": 1000,
        "STAT_CONNECTING": 1001,
        "STAT_GOT_IP": 1010,
        "STAT_NO_AP_FOUND": 201,
        "STAT_WRONG_PASSWORD": 202,
        "ETH_GOT_IP": 5,
    }
    return SimpleNamespace(
        STA_IF=0, AP_IF=1, PHY_LAN8720=1, WLAN=WLAN, LAN=LAN, hostname=lambda name=None: "fleet", country=lambda code=None: "XX", **statuses
    )


def esp32_twin() -> SimpleNamespace:
    """The module `esp32`."""
    return SimpleNamespace(HEAP_DATA=4, HEAP_EXEC=1, Partition=Partition, idf_heap_info=lambda kind: list(_IDF_HEAP.get(kind, ())))
