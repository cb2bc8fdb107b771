"""Live: joined and left, taken up again after every kind of failure, from the backup if need be, never with a click."""

import asyncio
import random
from array import array

from support_audio import RATE, Bench, ima_format_chunk, index_of, largest_step, pcm_head, sine
from support_live import SECOND, Backoff, Response, Server, gone, live, mp3
from support_time import VirtualClock

from node.audio.feeder import BREAK
from node.audio.jitter import Jitter
from node.audio.sources.live import LiveSource
from node.refusal import HTTP_STATUS, NOT_AUDIO, TIMEOUT, UNREACHABLE, Refused


def test_a_stream_is_joined_and_left():
    sound = sine(5 * RATE)

    async def scenario(bench):
        response = Response(pcm_head() + bytes(sound))
        task = asyncio.create_task(bench.player.play(live(Server(response))))
        await asyncio.sleep_ms(2000)
        bench.player.stop()
        outcome = await task
        assert outcome.why == "stopped" and outcome.from_ms == 0 and 1700 < outcome.to_ms < 2400
        await asyncio.sleep_ms(100)
        assert response.closed

    bench = Bench()
    bench.run(scenario)
    assert index_of(bench.emitted, sound[600:36000]) >= 0
    assert largest_step(bench.emitted) <= largest_step([sample - sound[0] for sample in sound]) + 66
    assert bench.player.starvations == 0


def test_a_broken_stream_is_taken_up_with_a_fade():
    before, after = array("h", [9000] * (2 * RATE)), array("h", [-9000] * (3 * RATE))
    ends = (None, Refused(TIMEOUT, "slow"), gone())
    for end in ends:
        server = Server(Response(pcm_head() + bytes(before) + b"\1", end=end), Response(pcm_head() + bytes(after)))

        async def scenario(bench):
            source = live(server)
            task = asyncio.create_task(bench.player.play(source))
            await asyncio.sleep_ms(4000)
            bench.player.stop()
            assert (await task).why == "stopped" and source.reconnects == 1

        bench = Bench()
        bench.run(scenario)
        assert server.asked == ["main", "main"]
        assert largest_step(bench.emitted) <= 20
        assert {9000, -9000} <= set(bench.emitted)
        assert sum(1 for sample in bench.emitted if sample > 0) > 2 * RATE - 5


def test_backup_after_two_failures():
    server = Server(gone(), Refused(HTTP_STATUS, "503"), Response(pcm_head() + bytes(sine(2 * RATE))))

    async def scenario(bench):
        outcome = asyncio.create_task(bench.player.play(live(server)))
        await asyncio.sleep_ms(1500)
        assert bench.player.position_ms > 200
        bench.player.stop()
        await outcome

    Bench().run(scenario)
    assert server.asked == ["main", "main", "backup"]


def test_all_that_fail_to_open_give_the_last_refusal():
    async def scenario(bench):
        outcome = await bench.player.play(live(Server(gone(), gone(), gone(), Response(b"", status=404))))
        assert outcome.why == HTTP_STATUS
        outcome = await bench.player.play(live(Server(gone()), ("main",)))
        assert outcome.why == UNREACHABLE

    Bench().run(scenario)


def test_a_stream_that_stays_dead_ends_starved():
    server = Server(Response(pcm_head() + bytes(sine(RATE))), gone())

    async def scenario(bench):
        outcome = await bench.player.play(live(server))
        assert (outcome.why, outcome.to_ms) == ("starved", 1000)
        asked = len(server.asked)
        await asyncio.sleep_ms(10_000)
        assert len(server.asked) == asked

    bench = Bench(starved_ms=5000)
    bench.run(scenario)
    assert "main" in server.asked and "backup" in server.asked


def test_a_source_that_is_closed_while_it_connects_again_stays_closed():
    """Whatever becomes of the cancellation, the ring belongs to another source then."""
    second = Response(pcm_head() + bytes(SECOND))

    class Deaf(Server):
        async def get(self, url, headers):
            if not self.asked:
                return await super().get(url, headers)
            self.asked.append(url)
            try:
                await asyncio.sleep(10)
            except asyncio.CancelledError:
                pass
            return second

    async def scenario():
        server = Deaf(Response(pcm_head() + bytes(1000), end=gone()))
        source = live(server)
        await source.open(0)
        while len(server.asked) < 2:
            await asyncio.sleep_ms(10)
        source.close()
        await asyncio.sleep(1)
        assert second.closed and source._ring.count == 1000

    VirtualClock().run(scenario())


def test_a_source_that_is_closed_gives_its_ring_back_whatever_becomes_of_the_cancellation():
    class Deaf(Response):
        async def readinto(self, view):
            if self._at >= 2000:
                try:
                    await asyncio.sleep(10)
                except asyncio.CancelledError:
                    pass
                view[:10] = bytes(10)
                return 10
            return await super().readinto(view)

    async def scenario():
        source = live(Server(Deaf(pcm_head() + bytes(SECOND))))
        await source.open(0)
        while not source._ring.count:
            await asyncio.sleep_ms(10)
        count, receiver = source._ring.count, source._receiver
        await asyncio.sleep(1)
        source.close()
        await asyncio.sleep(1)
        assert receiver.done() and not source._ring._pieces and source._ring.count <= max(count, 2000)

    VirtualClock().run(scenario())


def test_another_format_is_not_taken_up():
    other = b"RIFF\0\0\0\0WAVE" + ima_format_chunk(512) + b"data\xff\xff\xff\xff" + bytes(60_000)
    good = pcm_head() + bytes(array("h", [5000] * RATE))
    server = Server(Response(good), Response(other), Response(good))

    async def scenario(bench):
        source = live(server)
        task = asyncio.create_task(bench.player.play(source))
        await asyncio.sleep_ms(4000)
        bench.player.stop()
        await task

    bench = Bench()
    bench.run(scenario)
    assert set(bench.emitted) <= set(range(5001)) and len(server.asked) >= 3
    assert largest_step(bench.emitted) <= 11


def test_a_ring_too_small_for_the_blocks_is_refused():
    head = b"RIFF\0\0\0\0WAVE" + ima_format_chunk(4096) + b"data\xff\xff\xff\xff"

    async def scenario(bench):
        source = LiveSource(Server(Response(head + bytes(9000))).get, ("main",), Backoff(), Jitter(8000))
        assert (await bench.player.play(source)).why == NOT_AUDIO

    Bench().run(scenario)


def test_flapping_never_clicks():
    chance = random
    chance.seed(7)
    responses = []
    for number in range(20):
        level = 8000 if number % 2 else -8000
        sound = bytes(array("h", [level] * chance.randint(0, RATE // 3)))
        responses.append(Response(pcm_head() + sound + b"\0" * chance.randint(0, 1), end=gone() if chance.randint(0, 1) else None))
    server = Server(*responses)

    async def scenario(bench):
        task = asyncio.create_task(bench.player.play(live(server)))
        await asyncio.sleep_ms(7_000)
        bench.player.stop()
        await task

    bench = Bench()
    bench.run(scenario)
    assert largest_step(bench.emitted) <= 18
    assert len(server.asked) > 8 and {8000, -8000} <= set(bench.emitted)


async def _heard_live(server, size):
    """Pieces that a live source gives until `size` bytes have come; BREAK stands for itself."""
    source = live(server)
    await source.open(0)
    view = memoryview(bytearray(400))
    pieces = []
    count = 0
    while count < size:
        n = await source.readinto(view)
        pieces.append(n if n == BREAK else bytes(view[:n]))
        count += max(n, 0)
    source.close()
    return source.format, pieces


def test_a_live_mp3_stream_is_taken_up_again():
    whole = mp3()
    server = Server(Response(whole[:4000], burst=1 << 20), Response(whole[4000:], burst=1 << 20))
    format, pieces = VirtualClock().run(_heard_live(server, 6500))
    assert (format.codec, format.rate, format.block_bytes) == ("mp3", RATE, 1)
    assert pieces.count(BREAK) == 1
    cut = pieces.index(BREAK)
    assert whole[:4000].endswith(b"".join(pieces[:cut]))
    assert b"".join(pieces[cut + 1 :]) in whole[4000:]


def test_the_first_frame_of_mp3_is_not_played():
    # Joined in the middle it lacks half of its sound; PCM begins at once.
    async def skipped(content):
        source = live(Server(Response(content, burst=1 << 20)))
        await source.open(0)
        source.close()
        return source.skip_frames

    assert VirtualClock().run(skipped(mp3())) == 1152
    assert VirtualClock().run(skipped(pcm_head() + bytes(9000))) == 0


def test_a_live_stream_does_not_change_its_form():
    server = Server(
        Response(mp3()[:4000], burst=1 << 20), Response(pcm_head() + bytes(9000), burst=1 << 20), Response(mp3(), burst=1 << 20)
    )
    _, pieces = VirtualClock().run(_heard_live(server, 8000))
    assert len(server.asked) == 3 and pieces.count(BREAK) == 1
