"""Live: joined anywhere, titles taken out, taken up again after every kind of failure, from the backup if need be, never with a click."""

import asyncio
import random
from array import array

from support_audio import RATE, Bench, ima_format_chunk, index_of, largest_step, pcm_head, sine, vector_file
from support_time import VirtualClock

from node.audio.feeder import BREAK
from node.audio.jitter import Jitter
from node.audio.sources.connection import Connection
from node.audio.sources.live import LiveSource
from node.refusal import HTTP_STATUS, MALFORMED, NOT_AUDIO, TIMEOUT, UNREACHABLE, Refused

SECOND = 2 * RATE


class _Backoff:
    def next(self):
        return 300

    def reset(self):
        pass


class _Response:
    """Gives `content` in pieces, at most `speed` bytes a ms after the first `burst`; then raises `end` or ends."""

    def __init__(self, content, status=200, headers=None, end=None, burst=SECOND // 2, speed=SECOND // 1000, most=1000):
        self.status = status
        self.headers = headers or {}
        self._content = content
        self._end = end
        self._burst = burst
        self._speed = speed
        self._most = most
        self._at = 0
        self.closed = False

    async def readinto(self, view):
        assert not self.closed, "read after close"
        piece = self._content[self._at : self._at + min(len(view), self._most)]
        if not piece and self._end:
            raise self._end
        if self._at > self._burst:
            await asyncio.sleep_ms(len(piece) // self._speed)
        self._at += len(piece)
        view[: len(piece)] = piece
        return len(piece)

    def close(self):
        self.closed = True


class _Server:
    """`get` that answers by script: responses or refusals, in order; the last one again and again."""

    def __init__(self, *script):
        self._script = list(script)
        self.asked = []

    async def get(self, url, headers):
        self.asked.append(url)
        answer = self._script.pop(0) if len(self._script) > 1 else self._script[0]
        await asyncio.sleep_ms(20)
        if isinstance(answer, Refused):
            raise answer
        return answer


def _live(server, urls=("main", "backup"), ring=SECOND):
    return LiveSource(server.get, urls, _Backoff(), Jitter(ring))


def _gone():
    return Refused(UNREACHABLE, "gone")


def _with_titles(content, interval, titles):
    """`content` as an ICY server sends it."""
    result = b""
    for number, at in enumerate(range(0, len(content), interval)):
        result += content[at : at + interval]
        if at + interval <= len(content):
            title = titles[number % len(titles)]
            result += bytes([len(title) // 16]) + title
    return result


async def _body(response, size):
    connection = Connection(response)
    await connection.open()
    view = memoryview(bytearray(size))
    content = b""
    while True:
        n = await connection.readinto(view)
        if not n:
            return content
        content += bytes(view[:n])


def _run(coroutine):
    return VirtualClock().run(coroutine)


def _refusal(response):
    async def main():
        try:
            await _body(response, 100)
        except Refused as refused:
            return refused.code
        raise AssertionError("not refused")

    return _run(main())


def test_connection_gives_the_sound_alone():
    sound = bytes(range(256)) * 20
    for most in (1, 7, 100, 5000):
        assert _run(_body(_Response(pcm_head() + sound, burst=1 << 20, most=most), 333)) == sound


def test_titles_are_taken_out():
    sound = bytes(range(256)) * 20
    titles = (b"", b"StreamTitle='a';", b"x" * 255 * 16)
    for interval in (1, 16, 50, 1000, 16000):
        content = _with_titles(pcm_head() + sound, interval, titles if interval > 50 else titles[:2])
        response = _Response(content, headers={"icy-metaint": str(interval)}, burst=1 << 30, most=200)
        assert _run(_body(response, 333)) == sound, interval


def test_connections_that_are_refused():
    assert _refusal(_Response(b"", status=404)) == HTTP_STATUS
    assert _refusal(_Response(b"")) == NOT_AUDIO
    assert _refusal(_Response(pcm_head()[:30])) == NOT_AUDIO
    assert _refusal(_Response(b"<html>" * 100)) == NOT_AUDIO
    for interval in ("0", "-5", "x", "99999999", "12.5"):
        assert _refusal(_Response(pcm_head(), headers={"icy-metaint": interval})) == MALFORMED


def test_jitter_gives_whole_blocks_and_keeps_one_break():
    ring = Jitter(64)
    ring.begin(10)
    view = memoryview(bytearray(64))

    def write(content):
        for octet in content:
            space = ring.space()
            space[0] = octet
            ring.wrote(1)

    write(range(15))
    assert ring.count == 10 and ring.read(view[:4]) == 4 and bytes(view[:4]) == bytes(range(4))
    ring.cut()
    write(range(100, 125))
    assert ring.read(view) == 6 and bytes(view[:6]) == bytes(range(4, 10))
    ring.cut()
    write(range(200, 212))
    assert ring.broken and ring.read(view) == BREAK and not ring.broken
    assert ring.read(view) == 10 and bytes(view[:10]) == bytes(range(200, 210))
    assert ring.read(view) == 0


def test_jitter_against_a_list():
    chance = random
    chance.seed(6)
    for block in (1, 2, 7, 16):
        ring = Jitter(64)
        ring.begin(block)
        pending, whole, counter = [], [], 0
        for _ in range(1500):
            choice = chance.randint(0, 9)
            if choice < 5:
                space = ring.space()
                assert len(space) or len(pending) + len([item for item in whole if item != BREAK]) == 64
                n = chance.randint(0, len(space))
                for i in range(n):
                    space[i] = counter % 251
                    pending.append(counter % 251)
                    counter += 1
                ring.wrote(n)
                while len(pending) >= block:
                    whole += pending[:block]
                    del pending[:block]
            elif choice < 9:
                view = memoryview(bytearray(chance.randint(1, 20)))
                n = ring.read(view)
                if n == BREAK:
                    assert whole.pop(0) == BREAK
                else:
                    assert list(view[:n]) == whole[:n] and (n or not whole)
                    del whole[:n]
            else:
                ring.cut()
                pending = []
                whole = whole[: whole.index(BREAK)] if BREAK in whole else whole
                whole.append(BREAK)


def test_a_stream_is_joined_and_left():
    sound = sine(5 * RATE)

    async def scenario(bench):
        response = _Response(pcm_head() + bytes(sound))
        task = asyncio.create_task(bench.player.play(_live(_Server(response))))
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
    ends = (None, Refused(TIMEOUT, "slow"), _gone())
    for end in ends:
        server = _Server(_Response(pcm_head() + bytes(before) + b"\1", end=end), _Response(pcm_head() + bytes(after)))

        async def scenario(bench):
            source = _live(server)
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
    server = _Server(_gone(), Refused(HTTP_STATUS, "503"), _Response(pcm_head() + bytes(sine(2 * RATE))))

    async def scenario(bench):
        outcome = asyncio.create_task(bench.player.play(_live(server)))
        await asyncio.sleep_ms(1500)
        assert bench.player.position_ms > 200
        bench.player.stop()
        await outcome

    Bench().run(scenario)
    assert server.asked == ["main", "main", "backup"]


def test_all_that_fail_to_open_give_the_last_refusal():
    async def scenario(bench):
        outcome = await bench.player.play(_live(_Server(_gone(), _gone(), _gone(), _Response(b"", status=404))))
        assert outcome.why == HTTP_STATUS
        outcome = await bench.player.play(_live(_Server(_gone()), ("main",)))
        assert outcome.why == UNREACHABLE

    Bench().run(scenario)


def test_a_stream_that_stays_dead_ends_starved():
    server = _Server(_Response(pcm_head() + bytes(sine(RATE))), _gone())

    async def scenario(bench):
        outcome = await bench.player.play(_live(server))
        assert (outcome.why, outcome.to_ms) == ("starved", 1000)
        asked = len(server.asked)
        await asyncio.sleep_ms(10_000)
        assert len(server.asked) == asked

    bench = Bench(starved_ms=5000)
    bench.run(scenario)
    assert "main" in server.asked and "backup" in server.asked


def test_a_source_that_is_closed_while_it_connects_again_stays_closed():
    """Whatever becomes of the cancellation, the ring belongs to another source then."""
    second = _Response(pcm_head() + bytes(SECOND))

    class Deaf(_Server):
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
        server = Deaf(_Response(pcm_head() + bytes(1000), end=_gone()))
        source = _live(server)
        await source.open(0)
        while len(server.asked) < 2:
            await asyncio.sleep_ms(10)
        source.close()
        await asyncio.sleep(1)
        assert second.closed and source._ring.count == 1000

    _run(scenario())


def test_another_format_is_not_taken_up():
    other = b"RIFF\0\0\0\0WAVE" + ima_format_chunk(512) + b"data\xff\xff\xff\xff" + bytes(60_000)
    good = pcm_head() + bytes(array("h", [5000] * RATE))
    server = _Server(_Response(good), _Response(other), _Response(good))

    async def scenario(bench):
        source = _live(server)
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
        source = LiveSource(_Server(_Response(head + bytes(9000))).get, ("main",), _Backoff(), Jitter(8000))
        assert (await bench.player.play(source)).why == NOT_AUDIO

    Bench().run(scenario)


def test_flapping_never_clicks():
    chance = random
    chance.seed(7)
    responses = []
    for number in range(20):
        level = 8000 if number % 2 else -8000
        sound = bytes(array("h", [level] * chance.randint(0, RATE // 3)))
        responses.append(_Response(pcm_head() + sound + b"\0" * chance.randint(0, 1), end=_gone() if chance.randint(0, 1) else None))
    server = _Server(*responses)

    async def scenario(bench):
        task = asyncio.create_task(bench.player.play(_live(server)))
        await asyncio.sleep_ms(7_000)
        bench.player.stop()
        await task

    bench = Bench()
    bench.run(scenario)
    assert largest_step(bench.emitted) <= 18
    assert len(server.asked) > 8 and {8000, -8000} <= set(bench.emitted)


def _mp3():
    with open(vector_file("../mp3/untold-24000.mp3"), "rb") as file:
        return file.read()


def test_an_mp3_stream_is_joined_anywhere():
    """At most the frames are lost that it takes to be sure of what it is."""
    whole = _mp3()
    for start in (0, 1, 77, 143, 500):
        for most in (1, 100, 5000):
            content = whole[start:]
            sound = _run(_body(_Response(content, burst=1 << 20, most=most), 333))
            assert content.endswith(sound) and len(content) - len(sound) <= 3 * 144 + 256, (start, most)


def test_mp3_with_titles():
    content = _with_titles(_mp3(), 500, (b"StreamTitle='a';", b""))
    sound = _run(_body(_Response(content, headers={"icy-metaint": "500"}, burst=1 << 20), 333))
    assert _mp3().endswith(sound) and len(_mp3()) - len(sound) <= 3 * 144 + 256


def test_what_is_neither_wav_nor_mp3_is_refused():
    for content in (b"", b"<html>" * 300, bytes(70_000), b"\xff" * 70_000):
        assert _refusal(_Response(content, burst=1 << 20)) == NOT_AUDIO


async def _heard_live(server, size):
    """Pieces that a live source gives until `size` bytes have come; BREAK stands for itself."""
    source = _live(server)
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
    whole = _mp3()
    server = _Server(_Response(whole[:4000], burst=1 << 20), _Response(whole[4000:], burst=1 << 20))
    format, pieces = _run(_heard_live(server, 6500))
    assert (format.codec, format.rate, format.block_bytes) == ("mp3", RATE, 1)
    assert pieces.count(BREAK) == 1
    cut = pieces.index(BREAK)
    assert whole[:4000].endswith(b"".join(pieces[:cut]))
    assert b"".join(pieces[cut + 1 :]) in whole[4000:]


def test_the_first_frame_of_mp3_is_not_played():
    # Joined in the middle it lacks half of its sound; PCM begins at once.
    async def skipped(content):
        source = _live(_Server(_Response(content, burst=1 << 20)))
        await source.open(0)
        source.close()
        return source.skip_frames

    assert _run(skipped(_mp3())) == 1152
    assert _run(skipped(pcm_head() + bytes(9000))) == 0


def test_a_live_stream_does_not_change_its_form():
    server = _Server(
        _Response(_mp3()[:4000], burst=1 << 20), _Response(pcm_head() + bytes(9000), burst=1 << 20), _Response(_mp3(), burst=1 << 20)
    )
    _, pieces = _run(_heard_live(server, 8000))
    assert len(server.asked) == 3 and pieces.count(BREAK) == 1
