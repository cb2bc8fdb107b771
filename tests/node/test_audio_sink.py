"""The sink on a peripheral that behaves as BOARD says: order of clocks and amplifier, one write outstanding, lost callbacks, stalls."""

import asyncio
from errno import ENOMEM

from support_audio import RATE
from support_i2s import FakeBoard
from support_time import VirtualClock

from node.audio.sink import I2SSink


class _Bench:
    def __init__(self, rate=RATE):
        self.clock = VirtualClock(within_s=60)
        self.board = FakeBoard(self.clock)
        self.sink = I2SSink(self.board.make_i2s, self.board.amplifier, rate, clock=self.clock)

    def run(self, scenario):
        return self.clock.run(scenario(self))

    async def write(self, blocks):
        """Write blocks of ones as fast as the sink takes them."""
        block = bytearray(b"\1\0" * self.sink.block_frames)
        for _ in range(blocks):
            while not self.sink.ready():
                await asyncio.sleep_ms(5)
            self.sink.write(block, self.sink.block_frames)


def test_sizes_for_every_rate():
    for rate in (8000, 11025, 16000, 22050, 24000, 32000, 44100, 48000):
        sink = _Bench(rate).sink
        assert sink.block_frames % 512 == 0 and sink.block_frames * 1000 >= 20 * rate
        assert sink.ring_frames % sink.block_frames == 0 and sink.ring_frames * 1000 >= 240 * rate
        assert sink.ring_frames >= sink.stall_frames + 2 * 256


def test_amplifier_within_clocks():
    async def scenario(bench):
        assert not bench.sink.running
        await bench.sink.start()
        assert bench.sink.running and bench.board.amplifier.is_on
        await bench.write(3)
        while bench.sink.queued_frames():
            await asyncio.sleep_ms(5)
        await bench.sink.stop()
        assert not bench.sink.running and bench.board.i2s is None
        return bench

    bench = _Bench()
    bench.run(scenario)
    (on, on_at), (off, off_at) = bench.board.amplifier.switched
    emitted = bench.board.emitted
    assert on and not off
    assert on_at >= 512 and not any(emitted[: on_at + 256])
    assert sum(emitted) == 3 * 512 == sum(emitted[:off_at])
    assert len(emitted) - off_at >= 2 * 256


def test_stop_without_start_and_start_again():
    async def scenario(bench):
        await bench.sink.stop()
        for _ in range(3):
            await bench.sink.start()
            await bench.sink.stop()

    bench = _Bench()
    bench.run(scenario)
    assert [state for state, _ in bench.board.amplifier.switched] == [True, False] * 3


def test_a_ring_that_cannot_be_had():
    async def scenario(bench):
        bench.board.broken = ENOMEM
        try:
            await bench.sink.start()
        except OSError:
            assert not bench.sink.running and not bench.board.amplifier.switched
            return
        raise AssertionError("started")

    _Bench().run(scenario)


def test_a_way_to_the_loudspeaker_that_does_not_work_stops_the_clocks_again():
    async def scenario(bench):
        bench.board.amplifier.broken = True
        try:
            await bench.sink.start()
        except OSError as error:
            assert str(error) == "no codec answers"
            assert not bench.sink.running and bench.board.i2s is None and not bench.board.amplifier.is_on
            bench.board.amplifier.broken = False
            await bench.sink.start()
            assert bench.sink.running and bench.board.amplifier.is_on
            await bench.sink.stop()
            return
        raise AssertionError("started")

    _Bench().run(scenario)


def test_no_write_is_early_and_none_is_lost():
    async def scenario(bench):
        await bench.sink.start()
        await bench.write(100)
        while bench.sink.queued_frames():
            await asyncio.sleep_ms(5)
        assert bench.sink.timeline.left_ms == 100 * 512 * 1000 // RATE
        await bench.sink.stop()

    bench = _Bench()
    bench.run(scenario)
    assert bench.board.writes_lost == 0 and bench.sink.callbacks_lost == 0
    assert sum(bench.board.emitted) == 100 * 512


def test_two_writes_at_once_are_a_mistake():
    async def scenario(bench):
        await bench.sink.start()
        while not bench.sink.ready():
            await asyncio.sleep_ms(5)
        bench.sink.write(bytearray(1024), 0)
        try:
            bench.sink.write(bytearray(1024), 0)
        except RuntimeError:
            await bench.sink.stop()
            return
        raise AssertionError("accepted")

    _Bench().run(scenario)


def test_lost_callbacks_cost_no_sample():
    async def scenario(bench):
        await bench.sink.start()
        gaps = bench.sink.timeline.gaps
        await bench.write(120)
        assert bench.sink.timeline.gaps == gaps
        while bench.sink.queued_frames():
            await asyncio.sleep_ms(5)
        await bench.sink.stop()

    bench = _Bench()
    bench.board.lose = (0, 20, 21, 40, 60, 90, 121)
    bench.run(scenario)
    assert bench.sink.callbacks_lost == 7 and bench.board.writes_lost == 0
    emitted = bench.board.emitted
    first = list(emitted).index(1)
    assert list(emitted[first : first + 120 * 512]) == [1] * (120 * 512)


def test_callbacks_that_are_all_lost_are_given_up_by_time_across_the_wrap_of_the_ticks():
    async def scenario(bench):
        await bench.sink.start()
        gaps = bench.sink.timeline.gaps
        await bench.write(120)
        assert bench.sink.timeline.gaps == gaps
        while bench.sink.queued_frames():
            await asyncio.sleep_ms(5)
        await bench.sink.stop()

    bench = _Bench()
    bench.board.lose = range(1_000)
    bench.run(scenario)
    assert bench.sink.callbacks_lost == bench.board.callbacks and bench.board.writes_lost == 0
    assert bench.clock.ticks_us() < 1 << 29, "the ticks did wrap"
    assert sum(bench.board.emitted) == 120 * 512


def test_a_handshake_step_does_not_run_the_ring_dry():
    async def scenario(bench):
        await bench.sink.start()
        await bench.write(15)
        for _ in range(8):
            bench.clock.pass_us(163_000)
            await bench.write(20)
        assert bench.sink.queued_frames() > 10 * 512
        bench.clock.pass_us(600_000)
        assert bench.sink.queued_frames() == 0
        assert bench.sink.ready()
        await bench.sink.stop()

    bench = _Bench()
    bench.run(scenario)
    emitted = list(bench.board.emitted)
    first = emitted.index(1)
    assert emitted[first : first + 175 * 512] == [1] * (175 * 512)


def test_timeline_stays_near_the_ring_when_rates_differ():
    """The hardware runs one per cent fast or slow against nominal: a bounded error, and no false gap."""
    for actual in (RATE * 99 // 100, RATE * 101 // 100):

        async def scenario(bench):
            factory = bench.board.make_i2s
            bench.sink._i2s_factory = lambda rate, ring_bytes: factory(actual, ring_bytes)
            await bench.sink.start()
            gaps = bench.sink.timeline.gaps
            await bench.write(400)
            assert bench.sink.timeline.gaps == gaps
            held = len(bench.board.i2s._queue) * 256
            assert abs(bench.sink.queued_frames() - held) <= 1024, (bench.sink.queued_frames(), held)
            while bench.sink.queued_frames():
                await asyncio.sleep_ms(5)
            await bench.sink.stop()

        bench = _Bench()
        bench.run(scenario)
        assert bench.board.writes_lost == 0
