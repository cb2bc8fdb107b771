"""Tags that stand before, behind and in a stream: ID3v1, ID3v2, APE and the VBRI frame. Made by their descriptions, in no encoder's words."""

import struct

from tests.mp3.header import Header
from tests.mp3.side import Granule, Side, write


def id3v1(title: bytes) -> bytes:
    return b"TAG" + title.ljust(30, b"\0") + bytes(94) + b"\xff"


def id3v2(content: bytes, padding: int = 0, footer: bool = False) -> bytes:
    """Version 2.4 with one text frame; `content` may hold what looks like frames' headers."""
    frame = b"TIT2" + _syncsafe(len(content) + 1) + b"\0\0" + b"\3" + content
    size = _syncsafe(len(frame) + (0 if footer else padding))
    head = bytes([4, 0, 0x10 if footer else 0]) + size
    return b"ID3" + head + frame + (b"3DI" + head if footer else bytes(padding))


def ape(content: bytes) -> bytes:
    """APEv2 with header and footer, as it stands behind a stream."""
    item = struct.pack("<II", len(content), 0) + b"Title\0" + content
    tail = struct.pack("<III", 2000, len(item) + 32, 1)
    return (
        b"APETAGEX" + tail + struct.pack("<I", 0xA0000000) + bytes(8) + item + b"APETAGEX" + tail + struct.pack("<I", 0x80000000) + bytes(8)
    )


def vbri(header: Header, frames: int, size: int) -> bytes:
    """Fraunhofer's frame in front of a stream: 36 bytes behind the frame's start, a table of one entry, no delay."""
    side = Side(granules=[[Granule() for _ in range(header.channels)] for _ in range(header.granules)])
    tag = b"VBRI" + struct.pack(">HHHIIHHHHI", 1, 0, 75, size, frames, 1, 1, 4, frames, size)
    frame = (header.octets() + write(header, side)).ljust(36, b"\0") + tag
    if len(frame) > header.frame_bytes:
        raise ValueError(f"a frame of {header.frame_bytes} bytes has no room")
    return frame.ljust(header.frame_bytes, b"\0")


def _syncsafe(value: int) -> bytes:
    return bytes(value >> shift & 0x7F for shift in (21, 14, 7, 0))
