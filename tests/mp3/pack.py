"""Puts main data of any length into frames of a given size through the bit reservoir (ISO 11172-3 2.4.3.4 and annex A)."""

from collections.abc import Iterable

from tests.mp3.header import Header, crc16
from tests.mp3.side import Side, read, write


def pack(pieces: Iterable[tuple[Header, Side, bytes]], reservoir: bool = True) -> bytes:
    """A stream of frames whose headers, side information and main data these are; `main_data_begin` is set here.

    A frame takes what fits, later main data may begin in earlier frames as far back as the field can say. Without `reservoir` each begins
    in its own frame. ValueError where the main data has no room.
    """
    heads: list[bytes] = []
    rooms: list[int] = []
    stream = bytearray()  # all main data, with what lies idle between
    room = 0  # bytes of main data in the frames so far
    for header, side, main in pieces:
        reach = 255 if header.lsf else 511
        begin = min(room - len(stream), reach) if reservoir else 0
        stream.extend(bytes(room - len(stream) - begin))
        side.main_data_begin = begin
        stream.extend(main)
        room += header.main_bytes
        if len(stream) > room:
            raise ValueError(f"{len(main)} bytes of main data, {header.main_bytes + begin} of room")
        heads.append(_head(header, side))
        rooms.append(header.main_bytes)
    stream.extend(bytes(room - len(stream)))
    out, at = bytearray(), 0
    for head, size in zip(heads, rooms, strict=True):
        out += head + stream[at : at + size]
        at += size
    return bytes(out)


def _head(header: Header, side: Side) -> bytes:
    octets, sides = header.octets(), write(header, side)
    return octets + (crc16(octets[2:] + sides).to_bytes(2, "big") if header.crc else b"") + sides


def unpack(frames: Iterable[tuple[Header, bytes]]) -> list[tuple[Header, Side, bytes]]:
    """What `pack` takes, of a stream that begins with an empty reservoir."""
    pieces = []
    stream = b""
    for header, frame in frames:
        at = 4 + 2 * header.crc
        side = read(header, frame[at : at + header.side_bytes])
        start = len(stream) - side.main_data_begin
        if start < 0:
            raise ValueError("the stream begins in the middle")
        stream += frame[at + header.side_bytes :]
        bits = sum(granule.part2_3_length for channels in side.granules for granule in channels)
        pieces.append((header, side, stream[start : start + (bits + 7) // 8]))
    return pieces
