"""A connection to a live stream gives the sound alone: titles taken out, MP3 joined anywhere, and what is no sound refused."""

from support_audio import pcm_head, rest_of, vector_file
from support_live import Response, mp3, with_titles
from support_time import VirtualClock

from node.audio.sources.connection import Connection
from node.refusal import HTTP_STATUS, MALFORMED, NOT_AUDIO, Refused


async def _body(response, size):
    connection = Connection(response)
    await connection.open()
    return await rest_of(connection, size)


def _refusal(response):
    async def main():
        try:
            await _body(response, 100)
        except Refused as refused:
            return refused.code
        raise AssertionError("not refused")

    return VirtualClock().run(main())


def test_connection_gives_the_sound_alone():
    sound = bytes(range(256)) * 20
    for most in (1, 7, 100, 5000):
        assert VirtualClock().run(_body(Response(pcm_head() + sound, burst=1 << 20, most=most), 333)) == sound


def test_titles_are_taken_out():
    sound = bytes(range(256)) * 20
    titles = (b"", b"StreamTitle='a';", b"x" * 255 * 16)
    for interval in (1, 16, 50, 1000, 16000):
        content = with_titles(pcm_head() + sound, interval, titles if interval > 50 else titles[:2])
        response = Response(content, headers={"icy-metaint": str(interval)}, burst=1 << 30, most=200)
        assert VirtualClock().run(_body(response, 333)) == sound, interval


def test_connections_that_are_refused():
    assert _refusal(Response(b"", status=404)) == HTTP_STATUS
    assert _refusal(Response(b"")) == NOT_AUDIO
    assert _refusal(Response(pcm_head()[:30])) == NOT_AUDIO
    assert _refusal(Response(b"<html>" * 100)) == NOT_AUDIO
    for interval in ("0", "-5", "x", "99999999", "12.5"):
        assert _refusal(Response(pcm_head(), headers={"icy-metaint": interval})) == MALFORMED


def test_an_mp3_stream_is_joined_anywhere():
    """At most the frames are lost that it takes to be sure of what it is."""
    whole = mp3()
    for start in (0, 1, 77, 143, 500):
        for most in (1, 100, 5000):
            content = whole[start:]
            sound = VirtualClock().run(_body(Response(content, burst=1 << 20, most=most), 333))
            assert content.endswith(sound) and len(content) - len(sound) <= 3 * 144 + 256, (start, most)


def test_a_stream_of_free_format_is_joined_anywhere():
    """One frame more is needed than of another: the first tells how far away the next one is, the second that it was no chance."""
    with open(vector_file("../mp3/free-24000.mp3"), "rb") as file:
        whole = file.read()[192:]
    for start in (0, 1, 149, 500):
        content = whole[start:]
        sound = VirtualClock().run(_body(Response(content, burst=1 << 20), 333))
        assert content.endswith(sound) and len(content) - len(sound) <= 4 * 151 + 256, start


def test_mp3_with_titles():
    content = with_titles(mp3(), 500, (b"StreamTitle='a';", b""))
    sound = VirtualClock().run(_body(Response(content, headers={"icy-metaint": "500"}, burst=1 << 20), 333))
    assert mp3().endswith(sound) and len(mp3()) - len(sound) <= 3 * 144 + 256


def test_what_is_neither_wav_nor_mp3_is_refused():
    for content in (b"", b"<html>" * 300, bytes(70_000), b"\xff" * 70_000):
        assert _refusal(Response(content, burst=1 << 20)) == NOT_AUDIO
