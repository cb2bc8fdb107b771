"""`machine.I2S` whose ring counts: the same DMA ring of 256-frame buffers and 10 ms copy task as `loa.sim.hardware.dma`, by arithmetic.

It keeps no samples. Of each buffer it notes whether it was silent, so that it can tell when sound began, how long it lasted and where it broke off.
"""

from collections.abc import Callable
from typing import Any

from loa.sim.fleet.chip import CURRENT
from loa.sim.fleet.timing import TICK_US
from loa.sim.hardware import i2s_arguments

BUFFER_FRAMES = 256
DEPTH_MIN = 4  # with these no buffer is due twice between two ticks, at 48 kHz as well
_SECOND_US = 1_000_000


class Ledger:
    """Transmitting in irq mode, the mode in which the firmware uses it. ValueError for what the hardware or this emulation cannot do.

    Writes must be whole buffers: what an odd write loses is shown by the emulated board of the unix port, here it is an error.
    """

    RX, TX = i2s_arguments.RX, i2s_arguments.TX
    MONO, STEREO = i2s_arguments.MONO, i2s_arguments.STEREO

    def __init__(self, unit: int, *, sck: Any, ws: Any, sd: Any, mode: int, bits: int, format: int, rate: int, ibuf: int, **_: Any) -> None:
        channels = i2s_arguments.channels_of(unit, mode, bits, format)
        self._chip = chip = CURRENT.get()
        if unit in chip.i2s:
            chip.i2s[unit].deinit()  # as on the chip: the last one to ask gets the unit
        chip.i2s[unit] = self
        self._unit = unit
        self._rate = rate
        self._buffer_bytes = BUFFER_FRAMES * bits // 8 * channels
        self._depth = ibuf // self._buffer_bytes
        if self._depth < DEPTH_MIN:
            raise ValueError(f"a ring of {self._depth} buffers may run dry between two ticks; at least {DEPTH_MIN} are emulated")
        self._started_us = chip.now_us()
        self._head = (
            self._depth
        )  # number, since the start, of the buffer that is filled next: the first that has been played and comes again
        self._busy = False
        self._on = True
        self._sounding_to = -1  # number behind the last buffer that sounded
        self._handler: Callable[[Any], object] | None = None

    def irq(self, handler: Callable[[Any], object]) -> None:
        """Set the callback, which gets this object when a buffer has been copied."""
        self._handler = handler

    def write(self, buffer: Any) -> int:
        """Hand in a buffer; returns its length at once, even if the write is lost because another is under way."""
        self._chip.check_power()
        if not self._on:
            raise OSError("I2S is off")
        if self._handler is None:
            raise ValueError("only irq mode is emulated")
        if len(buffer) % self._buffer_bytes:
            raise ValueError(f"a write of {len(buffer)} bytes where buffers have {self._buffer_bytes}")
        if self._busy:
            return len(buffer)
        self._busy = True
        self._copy(buffer)
        return len(buffer)

    def deinit(self) -> None:
        """Off at once: what is in the ring is not heard, and the callback of a write under way never comes."""
        if self._on:
            self.silence()
            del self._chip.i2s[self._unit]

    def silence(self) -> None:
        """The clocks stop."""
        self._on = False

    def _copy(self, buffer: Any) -> None:
        """Find the tick on which the copy task puts the last of one write into the ring; then tell.

        Ticks are the wheel's, by the host's time: each is later than the one before, however the crystal's time is rounded.
        """
        crystal, world = self._chip.crystal, self._chip.world
        tick = world.clock.now_us() // TICK_US + 1
        playing = self._played(crystal.us(tick * TICK_US))
        first = max(self._head, playing + 1)  # where it ran dry, what comes now is heard behind the buffer that is going out
        self._head = end = first + len(buffer) // self._buffer_bytes
        while playing + self._depth < end:
            room_us = crystal.host_us(self._at_us(end - self._depth))
            tick = max(tick + 1, -(-room_us // TICK_US))
            playing = self._played(crystal.us(tick * TICK_US))
        if not _is_silent(buffer):
            self._note(first, end)
        world.wheel.at(tick * TICK_US, self._copied)

    def _copied(self) -> None:
        chip = self._chip
        if self._on and chip.powered:
            self._busy = False
            if chip.lose:
                chip.lose -= 1
                return
            assert self._handler is not None
            self._handler(self)

    def _note(self, first: int, end: int) -> None:
        """The buffers `first` to `end` sound."""
        chip = self._chip
        if self._sounding_to != first:
            offset_us = chip.world.clock.unix_us() - chip.world.clock.now_us()
            chip.on_sound(chip.crystal.host_us(self._at_us(first)) + offset_us)
            if 0 <= self._sounding_to < first <= self._sounding_to + self._depth:
                chip.underruns += 1
        self._sounding_to = end
        chip.sounded_us += (end - first) * BUFFER_FRAMES * _SECOND_US // self._rate

    def _played(self, us: int) -> int:
        return (us - self._started_us) * self._rate // (BUFFER_FRAMES * _SECOND_US)

    def _at_us(self, number: int) -> int:
        """When the buffer `number` begins to go out."""
        return self._started_us - (-number * BUFFER_FRAMES * _SECOND_US // self._rate)


def _is_silent(buffer: Any) -> bool:
    return bool(buffer == bytes(len(buffer)))
