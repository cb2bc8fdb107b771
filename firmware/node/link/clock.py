"""What the node knows of the time (DESIGN, "What a node always does", 9): unset, coarse or synchronised, and never earlier than is proved.

Time is Unix ms and runs on ticks between settings; the system clock is only written, for TLS. Measures nothing: `sntp` does, and later a
precise clock that calls `set` in the same way.
"""

import asyncio
import time

from micropython import const

from node.bell import Bell

UNSET = "unset"
COARSE = "coarse"
SYNCHRONISED = "synchronised"

# Who says what time it is, and what is known then.
RTC = "rtc"  # a clock chip with a battery
STATION = "station"  # `iat` of an answer to this node's nonce
SNTP = "sntp"
_STATES = {RTC: COARSE, STATION: COARSE, SNTP: SYNCHRONISED}

_SKEW_MS = const(60_000)  # by which a station's clock may be ahead of a good one
_TICK_S = const(60)  # how often `run` looks; the ticks must be read every six days
_SAVE_EVERY_S = const(6 * 3600)  # by which the floor must have grown
_EPOCH_2000 = const(946684800)


class Clock:
    """`built` and `saved`: Unix seconds of the release and of the last floor saved (0: none), the first floor.

    Only a floor is saved, never what a time server said: anybody can speak SNTP, and a node that kept a lie would refuse the truth after every boot.

    `set_rtc` takes the 8-tuple of `machine.RTC.datetime` (UTC); `save` is an async callable that stores Unix seconds and may raise OSError.
    `on_moved()` is called when there was a setting, or a proof that moved the time.
    """

    def __init__(self, built, saved, set_rtc, save, on_moved):
        self._floor_ms = max(built, saved) * 1000
        self._saved = saved
        self._set_rtc = set_rtc
        self._save = save
        self._at_ms = self._floor_ms  # the time at the ticks below
        self._ticks = time.ticks_ms()
        self._on_moved = on_moved
        self.doubted = Bell()  # a station and a time server are far apart, nobody knows which is right: the servers are to be asked again
        self.state = UNSET
        self.source = None
        self._write_rtc()

    def now_ms(self):
        """Unix ms, or None while unset."""
        return None if self.state == UNSET else self._advance()

    def now(self):
        """Unix seconds, or None while unset."""
        return None if self.state == UNSET else self._advance() // 1000

    @property
    def floor(self):
        """Unix seconds before which it certainly is not; grows with every proof."""
        return self._floor_ms // 1000

    def set(self, unix_ms, source):
        """Believe `source` (RTC, STATION or SNTP) and return True; False, and nothing changes, if it is proved to be later than that.

        A source that knows less than the present one is not asked: False. Up to a minute below the floor counts as the floor, since the
        station that proved it may be ahead by that much.
        """
        state = _STATES[source]
        if unix_ms < self._floor_ms - _SKEW_MS:
            return False
        if state == COARSE and self.state == SYNCHRONISED:
            if abs(unix_ms - self._advance()) > _SKEW_MS:
                self.doubted.ring()
            return False
        self._put(max(unix_ms, self._floor_ms))
        self.state = state
        self.source = source
        self._on_moved()
        return True

    def raise_floor(self, unix):
        """`unix` (seconds) is proved to be past: the `iat` of a verified document.

        A clock that is behind it by more than a minute was wrong, and is coarse from now on.
        """
        proved_ms = unix * 1000
        if proved_ms <= self._floor_ms:
            return
        self._floor_ms = proved_ms
        behind_ms = proved_ms - self._advance()
        if behind_ms > 0:
            self._put(proved_ms)
            if self.state == SYNCHRONISED and behind_ms > _SKEW_MS:
                self.state = COARSE
            self._on_moved()

    async def run(self, silence):
        """Task: keeps the time across the wrap of the ticks and saves the floor in silence (`silence`: async callable that waits for it)."""
        while True:
            await asyncio.sleep(_TICK_S)
            self._advance()
            if self.floor - self._saved >= _SAVE_EVERY_S:
                await silence()
                self._saved = self.floor
                try:
                    await self._save(self._saved)
                except OSError as error:  # the next one is as good
                    print("clock: not saved:", error)

    def _advance(self):
        ticks = time.ticks_ms()
        self._at_ms += time.ticks_diff(ticks, self._ticks)
        self._ticks = ticks
        return self._at_ms

    def _put(self, unix_ms):
        self._ticks = time.ticks_ms()
        self._at_ms = unix_ms
        self._write_rtc()

    def _write_rtc(self):
        """Let TLS judge dates by what is known: unset, that is the floor."""
        unix_ms = self._advance()
        year, month, day, hour, minute, second, weekday, _ = time.gmtime(unix_ms // 1000 - _epoch())[:8]
        self._set_rtc((year, month, day, weekday, hour, minute, second, unix_ms % 1000 * 1000))


def _epoch():
    """Unix seconds at which this port's `time` begins: 1970 or 2000."""
    return 0 if time.gmtime(0)[0] == 1970 else _EPOCH_2000
