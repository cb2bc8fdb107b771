"""The timeline against arithmetic done another way: across the wrap of ticks, for every rate, with the bounds that the hardware gives."""

from support_time import VirtualClock

from node.audio.timeline import Timeline

BLOCK = 512
RING = 12 * BLOCK
RATES = (8000, 11025, 16000, 22050, 24000, 32000, 44100, 48000)


def _timeline(rate=24000):
    clock = VirtualClock()
    return clock, Timeline(rate, RING, BLOCK, clock)


def _fill(timeline, blocks, programme=BLOCK):
    for _ in range(blocks):
        timeline.write(programme)
        timeline.taken()


def test_drains_at_the_rate_across_the_wrap():
    for rate in RATES:
        clock, timeline = _timeline(rate)
        _fill(timeline, 12)
        start = timeline.queued()
        assert start == RING
        written = RING
        while clock.now_us < 6_000_000:
            clock.pass_us(4_999)
            gone = clock.now_us * rate // 1_000_000
            assert timeline.queued() == written - gone, rate
            if timeline.queued() <= RING - BLOCK:
                timeline.write(BLOCK)
                written += BLOCK
        assert timeline.gaps == 0
        left = written - timeline.queued()
        assert timeline.left_ms <= left * 1000 // rate <= timeline.left_ms + BLOCK * 1000 // rate + 1


def test_only_programme_counts_as_left():
    clock, timeline = _timeline()
    _fill(timeline, 1, 0)
    _fill(timeline, 1, BLOCK)
    _fill(timeline, 1, 240)
    _fill(timeline, 9, 0)
    assert timeline.programme_blocks == 2 and timeline.left_ms == 0
    clock.pass_us(1_000_000)
    timeline.queued()
    assert timeline.programme_blocks == 0 and timeline.left_ms == (BLOCK + 240) * 1000 // 24000
    assert timeline.gaps == 1


def test_a_gap_is_counted_once():
    clock, timeline = _timeline()
    _fill(timeline, 2)
    clock.pass_us(100_000)
    assert timeline.queued() == 0 and timeline.queued() == 0
    clock.pass_us(100_000)
    assert timeline.queued() == 0 and timeline.gaps == 1


def test_a_block_for_a_dry_ring_leaves_later():
    clock, timeline = _timeline()
    timeline.write(BLOCK)
    clock.pass_us(BLOCK * 1_000_000 // 24000)
    assert timeline.queued() > 0 and timeline.programme_blocks == 1


def test_hardware_bounds_the_queue():
    clock, timeline = _timeline()
    _fill(timeline, 30)
    assert timeline.queued() == RING
    timeline.write(BLOCK)
    clock.pass_us(60_000)
    assert timeline.queued() < RING - 256
    timeline.waiting()
    assert timeline.queued() == RING - 256


def test_very_long_silence_is_one_gap():
    clock, timeline = _timeline()
    _fill(timeline, 3)
    clock.pass_us(700_000_000)
    assert timeline.queued() == 0 and timeline.gaps == 1 and timeline.programme_blocks == 0


def test_time_until():
    clock, timeline = _timeline()
    _fill(timeline, 12)
    full = timeline.queued()
    assert timeline.us_until(full) == 0
    us = timeline.us_until(BLOCK)
    clock.pass_us(us - 50)
    assert timeline.queued() > BLOCK
    clock.pass_us(100)
    assert timeline.queued() <= BLOCK


def test_rings_that_small_integers_cannot_hold_are_refused():
    try:
        Timeline(47999, 200_000, BLOCK, VirtualClock())
    except ValueError:
        return
    raise AssertionError("accepted")
