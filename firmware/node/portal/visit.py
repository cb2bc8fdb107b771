"""What somebody at the pole can do, without HTTP and without hardware: say the code, hear the chime, try a network, leave. Ends after ten minutes."""

import asyncio
import time

from micropython import const

from node.portal.lock import Lock
from node.store import networks

OPEN_MS = const(600_000)
_FAREWELL_MS = const(4_000)  # for the last page to reach the phone
_READ_MS = const(15_000)  # to read that it worked


class Visit:
    """`play(volume)`: coroutine that sounds the chime; `save(ssid, password)`: coroutine that keeps a network, raises OSError. `url`: of the page.

    `clock`: where MicroPython's ticks come from.
    """

    def __init__(self, node, code, radio, play, save, url, clock=time):
        self.node = node
        self.lock = Lock(code)
        self.radio = radio
        self.url = url
        self.saved = False
        self.problem = None  # key of `words` for why the last try failed
        self._play = play
        self._save = save
        self._sounding = None
        self._trying = None
        self._until = None  # ticks at which it is over, once that is sooner than the ten minutes
        self._clock = clock
        self._since = clock.ticks_ms()

    @property
    def trying(self):
        """True while a network is tried."""
        return self._trying is not None and not self._trying.done()

    def enter(self, code):
        """As `Lock.enter`; the fifth wrong code ends the visit."""
        token = self.lock.enter(code)
        if self.lock.closed:
            self._end_in(_FAREWELL_MS)
        return token

    def sound(self, volume):
        """Sound the chime, if it does not sound already."""
        if self._sounding is None or self._sounding.done():
            self._sounding = asyncio.create_task(self._play(volume))

    def join(self, ssid, password):
        """Try a network and keep it if it lets the node in."""
        self.saved, self.problem = False, None
        self._trying = asyncio.create_task(self._join(ssid, password))

    def leave(self):
        """The phone is done."""
        self._end_in(_FAREWELL_MS)

    @property
    def is_over(self):
        """True when nobody may use the page any more."""
        now, diff = self._clock.ticks_ms(), self._clock.ticks_diff
        return diff(now, self._since) >= OPEN_MS or (self._until is not None and diff(now, self._until) >= 0)

    async def _join(self, ssid, password):
        if not await self.radio.join(ssid, password):
            self.problem = self.radio.state
            return
        try:
            await self._save(ssid, password)
        except OSError as error:
            print("networks:", error)
            self.problem = "not_saved"
            return
        self.saved = True
        self._end_in(_READ_MS)

    def _end_in(self, ms):
        self._until = self._clock.ticks_add(self._clock.ticks_ms(), ms)


def saver(gate, folder):
    """`save` for a `Visit` that keeps networks in the `data` folder."""

    async def save(ssid, password):
        await networks.choose(gate, folder, ssid, password)

    return save
