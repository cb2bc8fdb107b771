"""`machine.I2S`, transmitting in irq mode: the mode in which the firmware uses it. Samples that leave the ring are recorded."""

from chip import CHIP

from loa.sim.esp32.idf_heap import HEAP
from loa.sim.hardware import i2s_arguments
from loa.sim.hardware.dma import BUFFER_FRAMES, DmaRing, Transmitter
from loa.sim.hardware.pulse import PERIOD_US
from loa.sim.hardware.recorder import Recorder

_LATE = 0.02  # of all ticks the copy task lets pass, since more urgent tasks run; how often is an assumption


class I2S:
    """One of the two I2S units. ValueError for what the hardware or this emulation cannot do, OSError for a unit already in use."""

    RX, TX = i2s_arguments.RX, i2s_arguments.TX
    MONO, STEREO = i2s_arguments.MONO, i2s_arguments.STEREO
    _in_use = {}

    def __init__(self, unit, *, sck, ws, sd, mode, bits, format, rate, ibuf):
        channels = i2s_arguments.channels_of(unit, mode, bits, format)
        if unit in self._in_use:
            self._in_use[unit].deinit()  # as on the chip: the last one to ask gets the unit
        HEAP.open_ring(ibuf, CHIP.has_psram)
        self._in_use[unit] = self
        self._unit = unit
        self._callback = None
        frame_bytes = channels * bits // 8
        now = CHIP.host.now_us()
        path = CHIP.next_segment()
        self._recorder = path and Recorder(
            CHIP.host.open, path, rate, channels, bits, CHIP.boot, CHIP.host.unix_ns(), CHIP.host.crystal_ppm()
        )
        emit = self._recorder.emit if self._recorder else _unheard
        ring = DmaRing(max(2, ibuf // (BUFFER_FRAMES * frame_bytes)), frame_bytes, rate, emit, now)
        self._transmitter = Transmitter(ring, self._copied, now, PERIOD_US, _is_late)
        CHIP.connect_transmitter(self._transmitter)

    def irq(self, handler):
        """Set the callback, which gets this object when a buffer has been copied."""
        self._callback = handler

    def write(self, buffer):
        """Hand in a buffer; returns its length at once, even if the write is lost because another is under way."""
        if self._transmitter is None:
            raise OSError("I2S is off")
        if self._callback is None:
            raise ValueError("only irq mode is emulated")
        self._transmitter.write(buffer)
        return len(buffer)

    def deinit(self):
        """Off at once: what is in the ring is not heard, and the callback of a write under way never comes."""
        if self._transmitter is None:
            return
        CHIP.disconnect_transmitter(self._transmitter)
        self._transmitter = None
        del self._in_use[self._unit]
        HEAP.close_ring()
        if self._recorder:
            self._recorder.close()

    def _copied(self):
        CHIP.interrupt(self._callback, self)


def _is_late():
    return CHIP.lot.fraction() < _LATE


def _unheard(buffer):
    """Where samples go on a bench without a recorder."""
