"""Servers of live streams without a network, and what a live source is made of."""

import asyncio

from support_audio import RATE, vector_file

from node.audio.jitter import Jitter
from node.audio.sources.live import LiveSource
from node.refusal import UNREACHABLE, Refused

SECOND = 2 * RATE


class Backoff:
    def next(self):
        return 300

    def reset(self):
        pass


class Response:
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


class Server:
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


def live(server, urls=("main", "backup"), ring=SECOND):
    return LiveSource(server.get, urls, Backoff(), Jitter(ring))


def gone():
    return Refused(UNREACHABLE, "gone")


def with_titles(content, interval, titles):
    """`content` as an ICY server sends it."""
    result = b""
    for number, at in enumerate(range(0, len(content), interval)):
        result += content[at : at + interval]
        if at + interval <= len(content):
            title = titles[number % len(titles)]
            result += bytes([len(title) // 16]) + title
    return result


def mp3():
    with open(vector_file("../mp3/untold-24000.mp3"), "rb") as file:
        return file.read()
