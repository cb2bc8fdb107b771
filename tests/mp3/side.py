"""Side information (ISO 11172-3 2.4.1.7, 13818-3 2.4.1.7): read and written, field by field."""

from dataclasses import dataclass, field

from tests.mp3.bits import BitReader, BitWriter
from tests.mp3.header import Header

LONG, START, SHORT, STOP = 0, 1, 2, 3


@dataclass
class Granule:
    """One channel of one granule."""

    part2_3_length: int = 0
    big_values: int = 0
    global_gain: int = 210
    scalefac_compress: int = 0
    block_type: int = LONG
    mixed: bool = False
    tables: tuple[int, ...] = (0, 0, 0)
    subblock_gain: tuple[int, int, int] = (0, 0, 0)
    region0_count: int = 0
    region1_count: int = 0
    preflag: int = 0
    scalefac_scale: int = 0
    count1_table: int = 0


@dataclass
class Side:
    """`granules[granule][channel]`; `scfsi[channel]` is four bits, the lowest band group first in the stream."""

    main_data_begin: int = 0
    scfsi: list[int] = field(default_factory=lambda: [0, 0])
    granules: list[list[Granule]] = field(default_factory=list)


def write(header: Header, side: Side) -> bytes:
    bits = BitWriter()
    bits.put(side.main_data_begin, 8 if header.lsf else 9)
    if header.lsf:
        bits.put(0, header.channels)
    else:
        bits.put(0, 5 if header.channels == 1 else 3)
        for channel in range(header.channels):
            bits.put(side.scfsi[channel], 4)
    for channels in side.granules:
        for granule in channels:
            _write_granule(bits, header.lsf, granule)
    octets = bits.octets()
    assert len(octets) == header.side_bytes and len(bits) == 8 * header.side_bytes
    return octets


def _write_granule(bits: BitWriter, lsf: bool, granule: Granule) -> None:
    bits.put(granule.part2_3_length, 12)
    bits.put(granule.big_values, 9)
    bits.put(granule.global_gain, 8)
    bits.put(granule.scalefac_compress, 9 if lsf else 4)
    if granule.block_type != LONG:
        bits.put(1, 1)
        bits.put(granule.block_type, 2)
        bits.put(granule.mixed, 1)
        for table in granule.tables[:2]:
            bits.put(table, 5)
        for gain in granule.subblock_gain:
            bits.put(gain, 3)
    else:
        bits.put(0, 1)
        for table in granule.tables:
            bits.put(table, 5)
        bits.put(granule.region0_count, 4)
        bits.put(granule.region1_count, 3)
    if not lsf:
        bits.put(granule.preflag, 1)
    bits.put(granule.scalefac_scale, 1)
    bits.put(granule.count1_table, 1)


def read(header: Header, octets: bytes) -> Side:
    bits = BitReader(octets)
    side = Side(bits.take(8 if header.lsf else 9))
    if header.lsf:
        bits.take(header.channels)
    else:
        bits.take(5 if header.channels == 1 else 3)
        side.scfsi = [bits.take(4) for _ in range(header.channels)]
    for _ in range(header.granules):
        side.granules.append([_read_granule(bits, header.lsf) for _ in range(header.channels)])
    return side


def _read_granule(bits: BitReader, lsf: bool) -> Granule:
    granule = Granule(bits.take(12), bits.take(9), bits.take(8), bits.take(9 if lsf else 4))
    if bits.take(1):
        granule.block_type = bits.take(2)
        granule.mixed = bool(bits.take(1))
        granule.tables = (bits.take(5), bits.take(5))
        granule.subblock_gain = (bits.take(3), bits.take(3), bits.take(3))
    else:
        granule.tables = (bits.take(5), bits.take(5), bits.take(5))
        granule.region0_count = bits.take(4)
        granule.region1_count = bits.take(3)
    if not lsf:
        granule.preflag = bits.take(1)
    granule.scalefac_scale = bits.take(1)
    granule.count1_table = bits.take(1)
    return granule
