"""The pump alone, on a sink that only counts: what one step does when a programme begins."""

from support_audio import CODECS, RATE

from node.audio.feeder import Chunks
from node.audio.gain import FACTOR_ONE
from node.audio.pump import Pump
from node.audio.wav import PCM16, Format

FRAMES = 512


class _Sink:
    """Has so much silence queued that sound may follow at once; remembers how much programme was in each block."""

    block_frames = stall_frames = FRAMES
    gaps = programme_blocks = 0

    def __init__(self):
        self.timeline = self
        self.silence = bytearray(2 * FRAMES)
        self.written = []

    def restart(self):
        pass

    def queued_frames(self):
        return 2 * FRAMES

    def write(self, block, programme):
        self.written.append(programme)


def _begun(chunks):
    """A pump that begins with `chunks` blocks read ahead."""
    sink, ahead = _Sink(), Chunks(2 * FRAMES)
    for number in range(chunks):
        ahead.buffers[number][:] = b"\x10\x20" * FRAMES
        ahead.counts[number] = 2 * FRAMES
    pump = Pump(sink, ahead)
    pump.set_factor(FACTOR_ONE)
    pump.begin(CODECS["pcm16"](), Format(PCM16, RATE, 2, 1), 0, -1)
    return pump, sink, ahead


def test_the_first_step_plays_where_two_blocks_are_there():
    pump, sink, _ = _begun(2)
    pump.step()
    assert sink.written == [FRAMES] and not pump.starving


def test_with_one_block_it_waits_for_the_next():
    pump, sink, ahead = _begun(1)
    pump.step()
    assert sink.written == [] and not pump.done
    ahead.counts[1] = 2 * FRAMES
    pump.step()
    assert sink.written == [FRAMES]


def test_a_programme_of_one_block_fades_out():
    pump, sink, ahead = _begun(1)
    ahead.ended = True
    pump.step()
    assert sink.written == [FRAMES] and pump.done
