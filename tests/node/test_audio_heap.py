"""From codec to sink nothing allocates: programmes are played with the heap locked around every step. (On CPython the lock does nothing.)"""

import micropython
from support_audio import RATE, format_of, pcm_head, vector_file
from support_time import VirtualClock

from node.audio.codecs import CODECS, load
from node.audio.feeder import BREAK, Chunks
from node.audio.gain import FACTOR_ONE
from node.audio.pump import Pump
from node.audio.sink import I2SSink
from node.audio.sources.file import FileSource
from node.audio.sources.mp3 import Mp3File

SMALL_INT = 1 << 30
BLOCK_US = 21_333


class _I2S:
    """Takes everything and calls back when the test says so."""

    def irq(self, handler):
        self.call_back = handler

    def write(self, buffer):
        return len(buffer)

    def deinit(self):
        pass


class _Amplifier:
    def on(self):
        pass

    def off(self):
        pass


class _Bench:
    def __init__(self):
        self.clock = VirtualClock()
        self.i2s = _I2S()
        self.sink = I2SSink(lambda rate, ring_bytes: self.i2s, _Amplifier(), RATE, clock=self.clock)
        self.chunks = Chunks(2048)
        self.pump = Pump(self.sink, self.chunks)
        self.steps = 0

    def begin(self, codec, format):
        self.sink._i2s = self.i2s
        self.pump.set_factor(FACTOR_ONE)
        self.pump.begin(codec, format, 100, -1)

    def step(self):
        micropython.heap_lock()
        try:
            self.sink._on_callback(self.i2s)
            if self.sink.ready():
                self.pump.step()
        finally:
            micropython.heap_unlock()
        self.steps += 1
        self.clock.pass_us(BLOCK_US)
        for part in (self.pump, self.sink, self.sink.timeline, self.pump._ramp):
            _assert_small(part)


def _assert_small(part):
    """What the audio path keeps are small integers on the chip."""
    for name in part.__dict__:
        value = part.__dict__[name]
        if isinstance(value, int):
            assert -SMALL_INT <= value < SMALL_INT, (name, value)


async def _play_file(bench, codec, sources):
    for source in sources:
        await source.open(0)
        chunks = bench.chunks
        chunks.clear()
        bench.begin(codec, source.format)
        writing = 0
        while not bench.pump.done:
            if not chunks.counts[writing] and not chunks.ended:
                n = await source.readinto(chunks.views[writing])
                chunks.counts[writing] = n
                chunks.ended = n == 0
                writing ^= 1
            bench.pump.set_factor((bench.steps % 100) * 163)
            bench.step()
        source.close()


async def test_a_file_plays_with_the_heap_locked():
    bench = _Bench()
    codec = CODECS["ima-adpcm"]()
    await _play_file(bench, codec, [FileSource(vector_file("sweep.wav")) for _ in range(20)])
    await _play_file(bench, codec, [FileSource(vector_file("random.wav")) for _ in range(10)])
    assert bench.steps > 400


async def test_mp3_files_play_with_the_heap_locked():
    """On MicroPython: kernels as Python would take minutes, and CPython's heap has no lock."""
    if not hasattr(micropython, "mem_info"):
        return
    bench = _Bench()
    codec = load(["mp3"])["mp3"]()
    names = ("constant-24000.mp3", "variable-24000.mp3", "untold-24000.mp3")
    await _play_file(bench, codec, [Mp3File(vector_file("../mp3/" + name)) for name in names])
    assert bench.steps > 150


def test_breaks_starvation_and_stop_with_the_heap_locked():
    bench = _Bench()
    codec = CODECS["pcm16"]()
    bench.begin(codec, format_of(pcm_head()))
    chunks = bench.chunks
    writing = 0
    for number in range(400):
        if not chunks.counts[writing]:
            if number % 37 == 5:
                chunks.counts[writing] = BREAK
                writing ^= 1
            elif number % 50 < 30:
                chunks.counts[writing] = 2047 if number % 3 else 2048
                writing ^= 1
        bench.step()
    bench.pump.stop()
    while not bench.pump.done:
        bench.step()
    assert bench.pump.starvations > 3


def test_the_lock_catches_an_allocation():
    """What the tests above rest on: on MicroPython an allocation under the lock fails."""
    if not hasattr(micropython, "mem_info"):
        return
    micropython.heap_lock()
    try:
        bytearray(100)
    except MemoryError:
        return
    finally:
        micropython.heap_unlock()
    raise AssertionError("the heap was not locked")
