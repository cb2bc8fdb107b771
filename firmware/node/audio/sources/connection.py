"""One HTTP answer that is a WAV or MP3 stream: finds its sound, and takes out what an ICY server says in between. It does not reconnect."""

from micropython import const

from node.audio.wav import MP3, Format, Parser
from node.late import Loading
from node.refusal import HTTP_STATUS, MALFORMED, NOT_AUDIO, Refused

_OK = const(200)
_RIFF = const(0x52)  # its first letter, with which no frame of MP3 and no tag before it begins
_HEAD_BYTES = const(256)
_TITLE_UNIT = const(16)  # bytes of metadata for each count of their length byte
_INTERVAL_MAX = const(1 << 20)


class Connection:
    """`response`: `.status`, `.headers` with names in lower case, `await readinto(view)` giving 0 at the end, `close()`."""

    def __init__(self, response):
        self._response = response
        self._head = memoryview(bytearray(_HEAD_BYTES))
        self._from = 0  # bytes of sound that were read along with the head
        self._to = 0
        self._interval = 0  # bytes between two titles, 0: there are none
        self._until_title = 0
        self.format = None

    async def open(self):
        """Read up to the sound. Raises Refused: HTTP_STATUS, MALFORMED, NOT_AUDIO, RATE and what reading raises."""
        response = self._response
        if response.status != _OK:
            raise Refused(HTTP_STATUS, f"status {response.status}")
        self._interval = self._until_title = _interval(response.headers.get("icy-metaint", ""))
        parser = None
        while parser is None or parser.format is None:
            n = await self._receive(self._head)
            if n == 0:
                raise Refused(NOT_AUDIO, "ends before the sound begins")
            if parser is None:
                parser = Parser() if self._head[0] == _RIFF else _Mp3Head()
            self._from = parser.feed(self._head, n)
            self._to = n
        self.format = parser.format

    async def readinto(self, view):
        """Bytes of sound into the front of `view`; 0 when the server has ended the stream."""
        n = min(len(view), self._to - self._from)
        if n == 0:
            return await self._receive(view)
        view[:n] = self._head[self._from : self._from + n]
        self._from += n
        return n

    def close(self):
        self._response.close()

    async def _receive(self, view):
        if not self._interval:
            return await self._response.readinto(view)
        if self._until_title == 0:
            if not await self._drop_title():
                return 0
            self._until_title = self._interval
        n = await self._response.readinto(view[: min(len(view), self._until_title)])
        self._until_title -= n
        return n

    async def _drop_title(self):
        """Read over one block of metadata; False where the stream ends in it."""
        octet = memoryview(bytearray(_TITLE_UNIT))
        if not await self._response.readinto(octet[:1]):
            return False
        left = octet[0] * _TITLE_UNIT
        while left:
            n = await self._response.readinto(octet[: min(left, _TITLE_UNIT)])
            if not n:
                return False
            left -= n
        return True


class _Mp3Head:
    """`node.audio.wav.Parser` for a stream of frames, which may begin anywhere: the first two of them are passed over to be sure of what it is."""

    def __init__(self):
        with Loading():
            from node.audio.mp3.frames import Finder
        self._finder = Finder()
        self.format = None

    def feed(self, view, n):
        try:
            self._finder.feed(view[:n])
        except ValueError:
            raise Refused(NOT_AUDIO, "neither RIFF/WAVE nor MP3")
        header = self._finder.header
        if header:
            self.format = Format(MP3, header.rate, 1, header.frames_a_byte)
        return n


def _interval(text):
    if not text:
        return 0
    if not text.isdigit() or len(text) > 7 or not 0 < int(text) <= _INTERVAL_MAX:
        raise Refused(MALFORMED, f"icy-metaint: {text}")
    return int(text)
