"""A frame's header (ISO 11172-3 2.4.2.3, 13818-3 2.4.2.3; 2.5 as commonly extended), and where the frames of a stream lie."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

STEREO, JOINT, DUAL, MONO = 0, 1, 2, 3
MPEG1, MPEG2, MPEG25 = 3, 2, 0
MS, INTENSITY = 2, 1  # bits of mode_extension
RATES = {MPEG1: (44100, 48000, 32000), MPEG2: (22050, 24000, 16000), MPEG25: (11025, 12000, 8000)}
KBITS = {
    True: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    False: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
}
FREE = 0


@dataclass(frozen=True)
class Header:
    """`kbits` 0 is free format, whose frames have `free_bytes` without padding."""

    version: int
    rate: int
    kbits: int
    mode: int
    extension: int = 0
    crc: bool = False
    padding: int = 0
    free_bytes: int = 0

    @property
    def lsf(self) -> bool:
        """MPEG-2 and 2.5: one granule a frame."""
        return self.version != MPEG1

    @property
    def channels(self) -> int:
        return 1 if self.mode == MONO else 2

    @property
    def granules(self) -> int:
        return 1 if self.lsf else 2

    @property
    def samples(self) -> int:
        return 576 * self.granules

    @property
    def side_bytes(self) -> int:
        return (9, 17)[self.channels - 1] if self.lsf else (17, 32)[self.channels - 1]

    @property
    def frame_bytes(self) -> int:
        base = self.free_bytes or self.samples // 8 * self.kbits * 1000 // self.rate
        return base + self.padding

    @property
    def main_bytes(self) -> int:
        """Bytes of main data in the frame."""
        return self.frame_bytes - 4 - 2 * self.crc - self.side_bytes

    def octets(self) -> bytes:
        """The four bytes."""
        rate = RATES[self.version].index(self.rate)
        kbits = KBITS[self.lsf].index(self.kbits)
        word = 0x7FF << 21 | self.version << 19 | 1 << 17 | (not self.crc) << 16
        word |= kbits << 12 | rate << 10 | self.padding << 9 | self.mode << 6 | self.extension << 4 | 1 << 2
        return word.to_bytes(4, "big")

    def with_(self, **changes: int) -> "Header":
        return replace(self, **changes)  # type: ignore[arg-type]


def parse(octets: bytes) -> Header | None:
    """The header that the first four bytes are, or None."""
    word = int.from_bytes(octets[:4], "big")
    version, layer, kbits, rate = word >> 19 & 3, word >> 17 & 3, word >> 12 & 15, word >> 10 & 3
    if word >> 21 != 0x7FF or version == 1 or layer != 1 or kbits == 15 or rate == 3:
        return None
    return Header(
        version, RATES[version][rate], KBITS[version != MPEG1][kbits], word >> 6 & 3, word >> 4 & 3, not word >> 16 & 1, word >> 9 & 1
    )


def frames(content: bytes) -> Iterator[tuple[Header, bytes]]:
    """Headers and frames of a stream without tags and of no free format; a last one that is cut short is left out."""
    at = 0
    while at + 4 <= len(content):
        header = parse(content[at:])
        if header is None or not header.kbits:
            raise ValueError(f"no frame at {at}")
        if at + header.frame_bytes > len(content):
            return
        yield header, content[at : at + header.frame_bytes]
        at += header.frame_bytes


def crc16(octets: bytes) -> int:
    """ISO 11172-3 2.4.3.1: x^16 + x^15 + x^2 + 1, from all ones."""
    value = 0xFFFF
    for octet in octets:
        value ^= octet << 8
        for _ in range(8):
            value = (value << 1 ^ (0x8005 if value & 0x8000 else 0)) & 0xFFFF
    return value
