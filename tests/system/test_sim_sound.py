"""What leaves the speaker of a simulated node: bit-exact, on the host's time, and with the amplifier's pin."""

import wave

import numpy as np
import pytest
from boot_support import WAIT_S, both, running

from loa.sim import recording
from loa.sim.node import wait_until
from loa.testing.lab import runtime

PLAY = """
import asyncio, struct
BLOCK = 512
def tone(first, frames):
    return struct.pack("<%dh" % frames, *[(n * 1103 + first) % 30000 + 1 for n in range(first, first + frames)])
async def play(board, blocks):
    flag = asyncio.ThreadSafeFlag()
    i2s = board.i2s(board.rate, 8 * 512)
    i2s.irq(lambda _: flag.set())
    await board.amplifier.on(board.rate)
    for number in range(blocks):
        i2s.write(tone(number * BLOCK, BLOCK))
        await flag.wait()
        board.watchdog.feed()
    i2s.write(bytes(8 * 512))
    await flag.wait()
    await asyncio.sleep_ms(200)
    board.amplifier.off()
    i2s.deinit()
"""
BLOCK = 512


def expected(blocks: int) -> np.ndarray:
    whole = [(n * 1103 + n // BLOCK * BLOCK) % 30000 + 1 for n in range(blocks * BLOCK)]
    return np.array(whole, dtype=np.int16)


@both
def test_samples_reach_the_recording_bit_exact(loa_node, on):
    application = PLAY + "def main(board):\n    asyncio.run(play(board, 40))\n    print('played')\n"
    player = running(loa_node, application, on)
    player.wait_for("^played$", WAIT_S)
    (segment,) = player.segments()
    levels = recording.levels(player.folder)
    sound = segment.samples()
    start = int(np.flatnonzero(sound)[0])
    assert np.array_equal(sound[start : start + 40 * BLOCK], expected(40))
    assert not sound[start + 40 * BLOCK :].any()
    assert [level.level for level in levels if level.pin == 25] == [0, 1, 0]
    assert segment.started_ns <= levels[1].t_ns <= segment.ended_ns


def test_segments_of_two_boots_line_up_on_one_track(loa_node):
    application = PLAY + "def main(board):\n    asyncio.run(play(board, 20))\n    print('played')\n    asyncio.run(play(board, 4000))\n"
    player = running(loa_node, application, runtime("micropython"))
    player.wait_for("^played$", WAIT_S)
    before = len(player.log())
    player.power_cycle()
    player.wait_for("^played$", WAIT_S, since=before)
    player.power_off()
    parts = player.segments()
    assert [part.boot for part in parts] == [1, 1, 2, 2]
    start_ns, end_ns = parts[0].started_ns, parts[-1].ended_ns
    track = recording.track(parts, start_ns, end_ns, 24000)
    for part in parts:
        first = (part.started_ns - start_ns) * 24000 // 1_000_000_000
        assert np.array_equal(track[first : first + part.frames], part.samples())
    cut = (player.boots[0].ended_ns - start_ns) * 24000 // 1_000_000_000
    begun = (parts[2].started_ns - start_ns) * 24000 // 1_000_000_000
    assert not track[cut + 256 : begun].any()


def test_a_recording_cut_by_a_power_failure_is_a_whole_wav(loa_node, tmp_path):
    application = PLAY + "def main(board):\n    print('starts')\n    asyncio.run(play(board, 4000))\n"
    player = running(loa_node, application, runtime("micropython"))
    player.wait_for("^starts$", WAIT_S)
    assert _grows(player)
    player.power_off()
    (segment,) = player.segments()
    with wave.open(str(segment.path)) as closed:
        assert (closed.getframerate(), closed.getnchannels(), closed.getsampwidth()) == (24000, 1, 2)
        assert closed.getnframes() == segment.frames > 0
    recording.write_wav(tmp_path / "copy.wav", segment.samples(), 24000)
    with wave.open(str(tmp_path / "copy.wav")) as copy:
        assert copy.getnframes() == segment.frames


def _grows(player):
    return wait_until(lambda: any(segment.frames > 0 for segment in player.segments()), WAIT_S)


def test_a_track_of_another_rate_is_refused(tmp_path):
    path = tmp_path / "speaker-0001-01.wav"
    recording.write_wav(path, np.ones(100, dtype=np.int16), 16000)
    part = recording.Segment(path, 1, 0, 16000, 1, 16)
    with pytest.raises(ValueError, match="16000"):
        recording.track([part], 0, 1_000_000, 24000)
