"""Where the frames of a stream lie and what tags say of it: all that a player must know before it decodes. Light: no kernels, no tables of sound.

ISO 11172-3 2.4.1.3 and 2.4.2.3, ISO 13818-3 2.4.2.3, MPEG-2.5 as commonly extended. The Xing, Info and LAME tags are no standard; what is read of
them is what FFmpeg and LAME agree on.
"""

from micropython import const

# fmt: off
_KBITS_1 = bytes((0, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40))  # units of 8 kbit/s, by the header's four bits; 0 is free format
_KBITS_2 = bytes((0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 18, 20))
# fmt: on
_RATES = (44100, 48000, 32000)
_VERSION_1 = const(3)
_VERSION_25 = const(0)
_RESERVED = const(1)
_LAYER_3 = const(1)
_MONO = const(3)

_RUBBISH_MAX = const(65_536)
_FREE_MAX = const(1732)  # bytes of a frame of free format, as the decoder takes it
_FREE_KEPT = const(4)  # headers of free format that a Finder measures from at a time: sound seldom looks like one
_EXPECTED_MAX = const(32)  # places where it then looks for the next
_HEAD_BYTES = const(4)
_DECODER_DELAY = 529  # frames by which every decoder of Layer III is late: 528 of the filter bank and one
_LAME_WRITERS = (b"LAME", b"Lavf", b"Lavc")
_FRAMES_MAX = const((1 << 30) // 1152 - 1)  # more is no length: it could not be counted in small integers
_HAS_FRAMES = const(1)
_HAS_BYTES = const(2)
_HAS_TOC = const(4)
_HAS_QUALITY = const(8)


class Header:
    """The last header that `read` took.

    `rate` in frames a second; `samples` a channel in this frame, 576 or 1152; `channels` 1 or 2; `kbits` 0 in free format; `size` of the frame in
    bytes, 0 in free format while `free`, the size without `padding`, is not set; `overhead`: bytes of it that are no main data; `reach`: bytes by which
    main data may begin earlier; `lsf`: MPEG-2 or 2.5.
    """

    def __init__(self):
        self.rate = self.samples = self.channels = self.size = self.overhead = self.reach = self.kbits = self.padding = self.free = 0
        self.lsf = False
        self._kind = 0

    def read(self, octets, at):
        """True, and all attributes are set, if a header of Layer III stands at `at`; else nothing changes."""
        second, third, fourth = octets[at + 1], octets[at + 2], octets[at + 3]
        version = second >> 3 & 3
        if octets[at] != 0xFF or second & 0xE0 != 0xE0 or second >> 1 & 3 != _LAYER_3 or version == _RESERVED:
            return False
        if third >> 4 == 15 or third >> 2 & 3 == 3:
            return False
        self.lsf = lsf = version != _VERSION_1
        self.rate = rate = _RATES[third >> 2 & 3] >> (0 if not lsf else 2 if version == _VERSION_25 else 1)
        self.samples = 576 if lsf else 1152
        self.channels = 1 if fourth >> 6 == _MONO else 2
        self.kbits = 8 * (_KBITS_2 if lsf else _KBITS_1)[third >> 4]
        self.padding = third >> 1 & 1
        size = self.samples * 125 * self.kbits // rate if self.kbits else self.free
        self.size = size + self.padding if size else 0
        side = (9 if self.channels == 1 else 17) if lsf else (17 if self.channels == 1 else 32)
        self.overhead = _HEAD_BYTES + side + (0 if second & 1 else 2)
        self.reach = 255 if lsf else 511
        self._kind = second & 0xFE, third & 0x0C
        return True

    @property
    def frames_a_byte(self):
        """Frames of sound in a byte at this bit rate, rounded down, at least 1."""
        return max(1, self.rate // (125 * self.kbits) if self.kbits else self.samples // self.size)

    def like(self, other):
        """True where both may be frames of one stream: version and rate are the same."""
        return self._kind == other._kind


class Tag:
    """What a Xing, Info or VBRI frame tells. `frames` without its own, None: untold; `constant`: the bit rate is; `lead`: frames a channel that a
    decoder makes before the sound begins; `tail`: behind its end."""

    def __init__(self, frames, constant, lead, tail):
        self.frames = frames
        self.constant = constant
        self.lead = lead
        self.tail = tail


def tag_of(frame, header):
    """The Tag that the first frame of a stream is, or None where it is sound; `frame` is its bytes or as many as there are."""
    at = header.overhead - (0 if frame[1] & 1 else 2)
    name = bytes(frame[at : at + 4])
    if name in (b"Xing", b"Info"):
        return _xing(frame, at, name == b"Info")
    if bytes(frame[36:40]) == b"VBRI" and len(frame) >= 54:
        return Tag(_number(frame, 50), False, 0, 0)
    return None


def _xing(frame, at, constant):
    flags = _number(frame, at + 4)
    at += 8
    frames = None
    if flags & _HAS_FRAMES:
        frames = _number(frame, at)
        if frames > _FRAMES_MAX:
            frames = None
        at += 4
    at += (4 if flags & _HAS_BYTES else 0) + (100 if flags & _HAS_TOC else 0) + (4 if flags & _HAS_QUALITY else 0)
    lead = tail = 0
    if len(frame) >= at + 24 and bytes(frame[at : at + 4]) in _LAME_WRITERS:
        both = frame[at + 21] << 16 | frame[at + 22] << 8 | frame[at + 23]
        lead = (both >> 12) + _DECODER_DELAY
        tail = max(0, (both & 0xFFF) - _DECODER_DELAY)
    return Tag(frames, constant, lead, tail)


def _number(octets, at):
    return int.from_bytes(octets[at : at + 4], "big")


def id3v2_bytes(head):
    """Length of the ID3v2 tag that these 10 bytes begin, 0: they begin none (id3.org, ID3v2.4 structure, 3.1)."""
    if len(head) < 10 or bytes(head[:3]) != b"ID3" or head[3] == 0xFF or head[4] == 0xFF:
        return 0
    if (head[6] | head[7] | head[8] | head[9]) & 0x80:
        return 0
    size = head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]
    return size + (20 if head[5] & 0x10 else 10)


class Finder:
    """Finds the first frame in bytes that begin anywhere. Feed it until `header` is no longer None; ValueError once too much was no MP3.

    A header counts when another of the same kind stands where its frame ends. In free format that is where the next header stands, and it counts when
    the one behind that stands as far away.
    """

    def __init__(self):
        self.header = None  # of the first frame that is certain
        self.place = 0  # where that frame begins, counted from the first byte fed
        self._seen = 0  # bytes fed before this piece
        self._kept = b""  # the last bytes before it: a header may lie across
        self._expected = {}  # where the next header must stand, by the one before: {place: (header, its place, its bytes)}
        self._free = []  # headers of free format: (header, its place)

    def feed(self, octets):
        """Look through the next bytes, all of them."""
        window = self._kept + bytes(octets)
        base = self._seen - len(self._kept)
        at = window.find(b"\xff")
        while 0 <= at <= len(window) - _HEAD_BYTES:
            found = Header()
            if found.read(window, at):
                before = self._expected.get(base + at)
                if before and before[0].like(found):
                    self.header, self.place, self.header.size = before
                    if not self.header.kbits:
                        self.header.free = self.header.size - self.header.padding
                    return
                if found.size:
                    self._expected[base + at + found.size] = (found, base + at, found.size)
                elif not found.kbits:
                    self._measure(found, base + at)
            at = window.find(b"\xff", at + 1)
        for place in [place for place in self._expected if place < base + len(window) - _HEAD_BYTES]:
            del self._expected[place]
        self._seen = base + len(window)
        self._kept = window[-_HEAD_BYTES + 1 :]
        if self._seen > _RUBBISH_MAX:
            raise ValueError

    def _measure(self, found, place):
        """`found` may end a frame of free format that began at a header before."""
        self._free = [one for one in self._free if place - one[1] <= _FREE_MAX][-_FREE_KEPT:]
        for header, start in self._free:
            size = place - start
            if size > header.overhead and header.like(found) and len(self._expected) < _EXPECTED_MAX:
                self._expected[place + size - header.padding + found.padding] = (header, start, size)
        self._free.append((found, place))
