"""The header, the CRC and the side information of a frame (ISO/IEC 11172-3, 2.4.1.3 to 2.4.1.7, 13818-3, 2.4.1.7). No sound, no bit reservoir."""

import micropython
from micropython import const

# What lies where in `fields`, filled by `header`.
MPEG1 = const(0)  # 1: MPEG-1, two granules a frame; 0: MPEG-2 or 2.5, one
RATE = const(1)  # 0..8, see RATES
CHANNELS = const(2)
STEREO = const(3)  # mode_extension of joint stereo: 1 intensity, 2 MS; else 0
PROTECTED = const(4)  # 1: a CRC follows the header
SIDE_BYTES = const(5)
FRAME_BYTES = const(6)  # 0: free format
PADDING = const(7)
FIELDS = const(8)

RATES = (44100, 48000, 32000, 22050, 24000, 16000, 11025, 12000, 8000)

# What lies where in a block of `info`, one for each granule and channel, filled by `side_information`.
PART23 = const(0)  # bits of scale factors and Huffman code
BIG = const(1)  # pairs of big values
GAIN = const(2)
COMPRESS = const(3)
SWITCHED = const(4)
BLOCK = const(5)  # block_type: 0 long, 1 start, 2 short, 3 stop
MIXED = const(6)
TABLES = const(7)  # three
REGIONS = const(10)  # two
SUBBLOCKS = const(12)  # three
PREFLAG = const(15)
SCALE = const(16)
COUNT1 = const(17)
INFO = const(18)  # cells of a block

# Pairs of place and bits, in the order of the bits: before window_switching_flag, with it, without it. 0 bits end a list.
_START = const(0)
_SWITCHED = const(12)
_PLAIN = const(32)
_END = const(46)
_LAYOUT = bytes(
    (0, 12, 1, 9, 2, 8, 3, 4, 4, 1, 0, 0)
    + (5, 2, 6, 1, 7, 5, 8, 5, 12, 3, 13, 3, 14, 3, 0, 0, 0, 0, 0, 0)
    + (7, 5, 8, 5, 9, 5, 10, 4, 11, 3, 0, 0, 0, 0)
    + (15, 1, 16, 1, 17, 1, 0, 0)
)


@micropython.viper
def header(data: ptr8, at: int, fields: ptr32, frames: ptr16) -> int:
    """What all frames of a stream have in common, above 0, where a Layer III header lies at `at`, with `fields` filled; else 0 and they are undefined.
    `frames`: `tables.FRAMES`.

    Refused are the reserved values, the forbidden bit rate 15 and emphasis 2.
    """
    b = data[at + 1]
    if data[at] != 255 or b & 0xE6 != 0xE2:
        return 0
    version = b >> 3 & 3
    c = data[at + 2]
    rate = c >> 2 & 3
    index = c >> 4
    d = data[at + 3]
    if version == 1 or rate == 3 or index == 15 or d & 3 == 2:
        return 0
    mpeg1 = 0
    if version == 3:
        mpeg1 = 1
    elif version == 2:
        rate += 3
    else:
        rate += 6
    channels = 2
    if d >> 6 == 3:
        channels = 1
    stereo = 0
    if d >> 6 == 1:
        stereo = d >> 4 & 3
    fields[0] = mpeg1
    fields[1] = rate
    fields[2] = channels
    fields[3] = stereo
    fields[4] = (b & 1) ^ 1
    side = 17
    if channels == 2:
        side = 32
    if mpeg1 == 0:
        side = 9
        if channels == 2:
            side = 17
    fields[5] = side
    padding = c >> 1 & 1
    size = frames[16 * rate + index]
    if size:
        size += padding
    fields[6] = size
    fields[7] = padding
    return rate << 2 | channels


@micropython.viper
def find(data: ptr8, at: int, end: int) -> int:
    """The first place from `at` on where a header may begin, its first eight bits being set; `end` where there is none."""
    while at < end and data[at] != 255:
        at += 1
    return at


@micropython.viper
def crc(data: ptr8, at: int, side: int) -> int:
    """The CRC-16 (2.4.3.1) of the last two bytes of the header at `at` and of `side` bytes behind the check itself."""
    remainder = 0xFFFF
    i = at + 2
    end = at + 6 + side
    while i < end:
        if i == at + 4:
            i = at + 6
        remainder ^= data[i] << 8
        n = 8
        while n:
            remainder = remainder << 1
            if remainder & 0x10000:
                remainder ^= 0x18005
            n -= 1
        i += 1
    return remainder


@micropython.viper
def side_information(data: ptr8, at: int, fields: ptr32, info: ptr32, layout: ptr8) -> int:
    """Fill `info` from the side information at `at`: blocks for granule 0 channel 0, channel 1, granule 1 ...; then scfsi of each channel, in the two cells
    behind the fourth block. Returns main_data_begin, or -1 where a block breaks the rules.
    """
    mpeg1 = fields[0]
    channels = fields[2]
    bit = 8 * at
    begin = data[at]
    scfsi = 72
    if mpeg1:
        begin = begin << 1 | data[at + 1] >> 7
        private = 5
        if channels == 2:
            private = 3
        bit += 9 + private
        i = 0
        while i < channels:
            word = data[bit >> 3] << 8 | data[(bit >> 3) + 1]
            info[scfsi + i] = word >> 12 - (bit & 7) & 15
            bit += 4
            i += 1
        blocks = 2 * channels
    else:
        bit += 8 + channels
        blocks = channels
    block = 0
    cell = info
    while block < blocks:
        if channels == 1 and block == 1:
            cell = ptr32(int(info) + 144)
        i = 4
        while i < 18:
            cell[i] = 0
            i += 1
        t = 0
        while t < 46 + 6:
            n = layout[t + 1]
            if n == 0:
                if t < 12:
                    t = 32
                    if cell[4]:
                        t = 12
                else:
                    t = 46
                continue
            i = layout[t]
            if mpeg1 == 0:
                if i == 3:
                    n = 9
                elif i == 15:
                    t += 2
                    continue
            b = bit >> 3
            word = data[b] << 16 | data[b + 1] << 8 | data[b + 2]
            cell[i] = word >> 24 - n - (bit & 7) & (1 << n) - 1
            bit += n
            t += 2
        if cell[1] > 288:
            return 0 - 1
        if cell[4]:
            if cell[5] == 0:
                return 0 - 1
            cell[10] = 7
            cell[11] = 36
        cell = ptr32(int(cell) + 72)
        block += 1
    return begin


def side_layout():
    """What `side_information` wants as `layout`."""
    return _LAYOUT
