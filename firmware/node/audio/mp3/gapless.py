"""The frame without sound that encoders put first: Xing and Info with LAME's delays, and VBRI. Tells how many frames of sound belong to the programme."""

from micropython import const

from node.audio.mp3.frame import MPEG1, PROTECTED, SIDE_BYTES

DECODER_DELAY = const(529)  # frames by which a Layer III decoder is late: 528 of the filterbanks and 1
_FRAMES = const(1)
_BYTES = const(2)
_TOC = const(4)
_QUALITY = const(8)


def _number(buffer, at):
    return (buffer[at] & 0x3F) << 24 | buffer[at + 1] << 16 | buffer[at + 2] << 8 | buffer[at + 3]


def delays(buffer, at, size, fields, found):
    """True where the frame of `size` bytes at `at` has no sound; then `found` has the frames to drop at the start and those that follow, -1: unknown."""
    found[0] = 0
    found[1] = -1
    place = at + 4 + 2 * fields[PROTECTED] + fields[SIDE_BYTES]
    per_frame = 1152 if fields[MPEG1] else 576
    if place + 8 <= at + size and (_is(buffer, place, b"Xing") or _is(buffer, place, b"Info")):
        _xing(buffer, place, at + size, per_frame, found)
        return True
    place = at + 36
    return place + 18 <= at + size and _is(buffer, place, b"VBRI")


def _is(buffer, at, name):
    return buffer[at] == name[0] and buffer[at + 1] == name[1] and buffer[at + 2] == name[2] and buffer[at + 3] == name[3]


def _xing(buffer, place, end, per_frame, found):
    flags = buffer[place + 7]
    at = place + 8
    frames = -1
    if flags & _FRAMES and at + 4 <= end:
        frames = min(_number(buffer, at), 0x3FFFFFFF // per_frame)
        at += 4
    at += 4 if flags & _BYTES else 0
    at += 100 if flags & _TOC else 0
    at += 4 if flags & _QUALITY else 0
    if at + 24 > end or not buffer[at]:
        return
    delay = buffer[at + 21] << 4 | buffer[at + 22] >> 4
    padding = (buffer[at + 22] & 15) << 8 | buffer[at + 23]
    found[0] = delay + DECODER_DELAY
    if frames >= 0:
        found[1] = max(0, frames * per_frame - delay - padding)
