"""An MP3 file on the node's file system, from any position, to the frame: tags, encoder delay and padding are no part of the sound.

With constant bit rate, as the station makes it, a position is found by arithmetic; else, and in free format, the headers are walked through. It does
not decode.
"""

import asyncio

from micropython import const

from node.audio.mp3.frames import Finder, Header, id3v2_bytes, tag_of
from node.audio.sources.stored import Stored
from node.audio.wav import MP3, Format
from node.refusal import LENGTH, NOT_AUDIO, Refused

_PIECE = const(512)
_TAG_BYTES = const(200)  # of a first frame, for all that is read of its tag
_WALK_BEFORE_YIELD = const(64)  # headers: reading them takes some milliseconds
_OVERLAP = const(2)  # frames that are heard in the one behind them: by the lapped transform and the filter bank
_BACK_MAX = const(24)  # frames decoded and dropped before the wanted one
_ID3V1_BYTES = const(128)
_APE_BYTES = const(32)
_SLIP = const(2)  # bytes by which padding may place a header earlier or later than the mean bit rate does


class Mp3File(Stored):
    """See `node.audio.sources`. What lies behind the last whole frame is not read."""

    def __init__(self, path):
        super().__init__(path)
        self._header = Header()
        self._head = bytearray(4)

    async def _find(self, size, start_ms):
        end = self._behind_sound(size)
        begin, first = self._first_frame(self._behind_id3v2())
        tag = self._tag(begin, first)
        lead = tail = 0
        frames = None
        if tag:
            begin += first.size
            lead, tail, frames = tag.lead, tag.tail, tag.frames
            if not self._header_at(begin):
                raise Refused(NOT_AUDIO, "a tag and no sound behind it")
            first = self._header
            if not first.size:
                begin, first = self._first_frame(begin)
        self._header.free = first.free
        samples, rate = first.samples, first.rate
        wanted = start_ms * rate // 1000
        if frames is not None:
            total = max(0, frames * samples - tail - lead)
            wanted = min(wanted, total)
            self.frames_left = total - wanted
            self.total_ms = total * 1000 // rate
        frame, skip = divmod(wanted + lead, samples)
        place = begin
        if frame:
            constant = tag is not None and tag.constant and not first.free
            place, back = (constant and self._by_arithmetic(begin, first, frame)) or await self._by_walking(begin, end, frame)
            skip += back * samples
        self._file.seek(place)
        self._bytes_left = end - place
        self.skip_frames = skip
        self.format = Format(MP3, rate, 1, first.frames_a_byte)

    def _behind_sound(self, size):
        """Where tags of ID3v1 and APE begin at the end, or `size`."""
        end = size
        if self._bytes_at(end - _ID3V1_BYTES, 3) == b"TAG":
            end -= _ID3V1_BYTES
        footer = self._bytes_at(end - _APE_BYTES, _APE_BYTES)
        if footer[:8] == b"APETAGEX":
            end -= int.from_bytes(footer[12:16], "little") + (_APE_BYTES if footer[23] & 0x80 else 0)
        return max(0, end)

    def _bytes_at(self, place, n):
        if place < 0:
            return b""
        self._file.seek(place)
        return self._file.read(n)

    def _behind_id3v2(self):
        """Where any ID3v2 tags end that the file begins with."""
        begin = 0
        while True:
            skip = id3v2_bytes(self._bytes_at(begin, 10))
            if not skip:
                return begin
            begin += skip

    def _first_frame(self, begin):
        """(place, Header) of the first frame from `begin` on. Refused NOT_AUDIO if there is none soon."""
        self._file.seek(begin)
        finder = Finder()
        while finder.header is None:
            piece = self._file.read(_PIECE)
            if not piece:
                raise Refused(NOT_AUDIO, "no MP3 frames")
            try:
                finder.feed(piece)
            except ValueError:
                raise Refused(NOT_AUDIO, "no MP3 frames in the beginning")
        return begin + finder.place, finder.header

    def _tag(self, begin, first):
        return tag_of(self._bytes_at(begin, min(first.size, _TAG_BYTES)), first)

    def _header_at(self, place):
        """True if a header stands there; `_header` then is it."""
        self._file.seek(place)
        return self._file.readinto(self._head) == 4 and self._header.read(self._head, 0)

    def _by_arithmetic(self, begin, first, frame):
        """(place, frames to drop) from where the frame `frame` can be decoded; None where no header stands there."""
        main = first.size - first.overhead
        back = min(frame, _BACK_MAX, first.reach // main + 1 + _OVERLAP)
        mean = begin + (frame - back) * first.samples * 125 * first.kbits // first.rate
        for slip in range(2 * _SLIP + 1):
            place = mean + (slip + 1) // 2 * (1 if slip & 1 else -1)
            if place >= begin and self._header_at(place) and self._header.like(first):
                size = self._header.size
                if self._header_at(place + size) and self._header.like(first):
                    return place, back
        return None

    async def _by_walking(self, begin, end, frame):
        """The same from header to header."""
        places = []
        place = begin
        number = 0
        main = 0
        while True:
            places.append((place, main))
            if number == frame:
                break
            if place + 4 > end or not self._header_at(place) or not self._header.size:
                raise Refused(LENGTH, f"{number} frames where {frame} are wanted")
            main += self._header.size - self._header.overhead
            place += self._header.size
            number += 1
            if number % _WALK_BEFORE_YIELD == 0:
                await asyncio.sleep(0)
            del places[: -_BACK_MAX - 1]
        back = min(_OVERLAP, len(places) - 1)
        while back < len(places) - 1 and places[-1 - _OVERLAP][1] - places[-1 - back][1] < self._header.reach:
            back += 1
        return places[-back - 1][0], back
