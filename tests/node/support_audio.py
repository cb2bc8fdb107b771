"""What the audio tests share: WAV files in memory, a player on a fake board in virtual time, and clicks told from what a programme does itself."""

import asyncio
import gc
import math
from array import array

from support_i2s import FakeBoard
from support_time import VirtualClock

from node.audio.codecs import CODECS
from node.audio.player import Player
from node.audio.sink import I2SSink
from node.audio.wav import Parser
from node.refusal import Refused
from node.store.gate import EraseGate

HERE = __file__.rsplit("/", 1)[0]
RATE = 24000
STEP_MAX = 32768 // 64  # a step above this that the programme does not have is a click
GUARD = 0x5A


def vector_file(name):
    """Path of a file of tests/vectors/audio."""
    return HERE + "/../vectors/audio/" + name


def number(value, width):
    return value.to_bytes(width, "little")


def pcm_wav(samples, rate=RATE, size=None):
    """A WAV file of int16 samples; `size`: what its head says of the bytes that follow."""
    content = bytes(array("h", samples))
    size = len(content) if size is None else size
    return pcm_head(rate, size) + content


def pcm_head(rate=RATE, size=0xFFFFFFFF):
    fmt = number(1, 2) + number(1, 2) + number(rate, 4) + number(2 * rate, 4) + number(2, 2) + number(16, 2)
    return chunk(b"RIFF", b"WAVE" + chunk(b"fmt ", fmt))[:-4] + fmt[-4:] + b"data" + number(size, 4)


def ima_format_chunk(block_bytes, rate=RATE, tag=0x11, channels=1, block_frames=None):
    block_frames = 2 * block_bytes - 7 if block_frames is None else block_frames
    fields = number(tag, 2) + number(channels, 2) + number(rate, 4) + number(rate // 2, 4) + number(block_bytes, 2) + number(4, 2)
    return chunk(b"fmt ", fields + number(2, 2) + number(block_frames, 2))


def chunk(kind, content):
    return kind + number(len(content), 4) + content + b"\0" * (len(content) & 1)


def format_of(head):
    """The Format that a head of a WAV file parses to."""
    parser = Parser()
    parser.feed(memoryview(head), len(head))
    assert parser.format is not None
    return parser.format


def sine(frames, amplitude=30000):
    """A loud tone of 60 Hz, whose own steps are small, so that every click stands out. It begins at its peak."""
    period = array("h", [round(amplitude * math.cos(i * 2 * math.pi / 400)) for i in range(400)])
    return array("h", (bytes(period) * (frames // 400 + 1))[: 2 * frames])


def largest_step(samples):
    before = 0
    largest = 0
    for sample in samples:
        step = abs(sample - before)
        if step > largest:
            largest = step
        before = sample
    return largest


def refusal_code(function, *arguments):
    """The code with which the call is refused."""
    try:
        function(*arguments)
    except Refused as refused:
        return refused.code
    raise AssertionError("not refused")


def index_of(haystack, needle):
    """Frame at which int16 `needle` stands in `haystack`, or -1."""
    octets, wanted = bytes(haystack), bytes(needle)
    at = octets.find(wanted)
    while at > 0 and at % 2:
        at = octets.find(wanted, at + 1)
    return at // 2 if at >= 0 else -1


async def all_of(source, start_ms=0, size=300):
    """All bytes that a source gives, opened at `start_ms` and asked for `size` at a time."""
    await source.open(start_ms)
    content = await rest_of(source, size)
    source.close()
    return content


async def rest_of(opened, size):
    """All bytes that come from something open, asked for `size` at a time."""
    view = memoryview(bytearray(size))
    content = b""
    while True:
        n = await opened.readinto(view)
        if not n:
            return content
        content += bytes(view[:n])


class MemorySource:
    """A source (see node.audio.sources) whose bytes are given as a list: bytes, BREAK, a number of milliseconds to wait, or a Refused to raise."""

    def __init__(self, format, script, skip_frames=0, frames_left=-1):
        self.format = format
        self.skip_frames = skip_frames
        self.frames_left = frames_left
        self.total_ms = None
        self._script = list(script)
        self.closed = 0

    async def open(self, start_ms):
        pass

    async def readinto(self, view):
        while self._script:
            item = self._script.pop(0)
            if isinstance(item, Refused):
                raise item
            if isinstance(item, bytes):
                if len(item) > len(view):
                    self._script.insert(0, item[len(view) :])
                    item = item[: len(view)]
                view[: len(item)] = item
                return len(item)
            if item < 0:
                return item
            await asyncio.sleep_ms(item)
        return 0

    def close(self):
        self.closed += 1


class Bench:
    """A player with sink and gate on a fake board in virtual time."""

    def __init__(self, rate=RATE, **settings):
        gc.collect()  # recordings are large for a small heap
        self.clock = VirtualClock()
        self.board = FakeBoard(self.clock)
        self.gate = EraseGate()
        self.sink = I2SSink(self.board.make_i2s, self.board.amplifier, rate, clock=self.clock)
        self.check_ins = 0
        self.player = Player(self.sink, CODECS, self.gate, self._check_in, clock=self.clock, **settings)

    def _check_in(self):
        self.check_ins += 1

    def run(self, scenario):
        """Run `await scenario(bench)` with the player at work, and end the player."""

        async def main():
            task = asyncio.create_task(self.player.run())
            try:
                return await scenario(self)
            finally:
                task.cancel()
                try:
                    await task
                except asyncio.CancelledError:
                    pass

        return self.clock.run(main())

    @property
    def emitted(self):
        return self.board.emitted
