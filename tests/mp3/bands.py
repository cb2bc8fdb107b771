"""Where scale factor bands begin (ISO 11172-3 table B.8, 13818-3 table B.2; 8 kHz as commonly extended) and which bits their factors have."""

from collections.abc import Sequence

from tests.mp3.header import Header
from tests.mp3.side import SHORT, Granule

# fmt: off
_LSF_LONG = (0, 6, 12, 18, 24, 30, 36, 44, 54, 66, 80, 96, 116, 140, 168, 200, 238, 284, 336, 396, 464, 522, 576)
_LSF_SHORT = (0, 4, 8, 12, 18, 26, 36, 48, 62, 80, 104, 134, 174, 192)
LONG_BANDS = {
    44100: (0, 4, 8, 12, 16, 20, 24, 30, 36, 44, 52, 62, 74, 90, 110, 134, 162, 196, 238, 288, 342, 418, 576),
    48000: (0, 4, 8, 12, 16, 20, 24, 30, 36, 42, 50, 60, 72, 88, 106, 128, 156, 190, 230, 276, 330, 384, 576),
    32000: (0, 4, 8, 12, 16, 20, 24, 30, 36, 44, 54, 66, 82, 102, 126, 156, 194, 240, 296, 364, 448, 550, 576),
    22050: _LSF_LONG,
    24000: (0, 6, 12, 18, 24, 30, 36, 44, 54, 66, 80, 96, 114, 136, 162, 194, 232, 278, 332, 394, 464, 540, 576),
    16000: _LSF_LONG,
    11025: _LSF_LONG,
    12000: _LSF_LONG,
    8000: (0, 12, 24, 36, 48, 60, 72, 88, 108, 132, 160, 192, 232, 280, 336, 400, 476, 566, 568, 570, 572, 574, 576),
}
SHORT_BANDS = {
    44100: (0, 4, 8, 12, 16, 22, 30, 40, 52, 66, 84, 106, 136, 192),
    48000: (0, 4, 8, 12, 16, 22, 28, 38, 50, 64, 80, 100, 126, 192),
    32000: (0, 4, 8, 12, 16, 22, 30, 42, 58, 78, 104, 138, 180, 192),
    22050: (0, 4, 8, 12, 18, 24, 32, 42, 56, 74, 100, 132, 174, 192),
    24000: (0, 4, 8, 12, 18, 26, 36, 48, 62, 80, 104, 136, 180, 192),
    16000: _LSF_SHORT,
    11025: _LSF_SHORT,
    12000: _LSF_SHORT,
    8000: (0, 8, 16, 24, 36, 52, 72, 96, 124, 160, 162, 164, 166, 192),
}
# fmt: on

_SLEN1 = (0, 0, 0, 0, 3, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4)
_SLEN2 = (0, 1, 2, 3, 0, 1, 2, 3, 1, 2, 3, 1, 2, 3, 2, 3)
SCFSI_GROUPS = ((0, 6), (6, 11), (11, 16), (16, 21))


def regions(header: Header, granule: Granule) -> tuple[int, int]:
    """First lines of the second and third region of big values."""
    bands = LONG_BANDS[header.rate]
    if granule.block_type == SHORT and not granule.mixed:
        return 3 * SHORT_BANDS[header.rate][3], 576
    if granule.block_type == SHORT:
        return 36, 576
    if granule.block_type:
        return bands[8], 576
    first = granule.region0_count + 1
    return bands[min(first, 22)], bands[min(first + granule.region1_count + 1, 22)]


def factor_widths(header: Header, granule: Granule, intensity: bool) -> list[int]:
    """Bits of each scale factor in the order of the stream. `intensity`: they are positions, in the right channel of a pair."""
    if header.lsf:
        slens, counts = _lsf_layout(granule, intensity)
    else:
        slens = [_SLEN1[granule.scalefac_compress], _SLEN2[granule.scalefac_compress]]
        counts = _by_shape(granule, ((11, 10), (18, 18), (17, 18)))
    return [width for width, count in zip(slens, counts, strict=True) for _ in range(count)]


def _by_shape(granule: Granule, counts: Sequence[Sequence[int]]) -> Sequence[int]:
    """Of counts for long, short and mixed blocks, those of this one."""
    return counts[0] if granule.block_type != SHORT else counts[2] if granule.mixed else counts[1]


def _lsf_layout(granule: Granule, intensity: bool) -> tuple[list[int], Sequence[int]]:
    """ISO 13818-3 2.4.3.2."""
    code = granule.scalefac_compress
    if intensity:
        code >>= 1
        if code < 180:
            return [code // 36, code % 36 // 6, code % 6, 0], _by_shape(granule, ((7, 7, 7, 0), (12, 12, 12, 0), (6, 15, 12, 0)))
        if code < 244:
            code -= 180
            return [code >> 4, code >> 2 & 3, code & 3, 0], _by_shape(granule, ((6, 6, 6, 3), (12, 9, 9, 6), (6, 12, 9, 6)))
        code -= 244
        return [code // 3, code % 3, 0, 0], _by_shape(granule, ((8, 8, 5, 0), (15, 12, 9, 0), (6, 18, 9, 0)))
    if code < 400:
        high = code >> 4
        return [high // 5, high % 5, code >> 2 & 3, code & 3], _by_shape(granule, ((6, 5, 5, 5), (9, 9, 9, 9), (6, 9, 9, 9)))
    if code < 500:
        code -= 400
        return [(code >> 2) // 5, (code >> 2) % 5, code & 3, 0], _by_shape(granule, ((6, 5, 7, 3), (9, 9, 12, 6), (6, 9, 12, 6)))
    code -= 500
    return [code // 3, code % 3, 0, 0], _by_shape(granule, ((11, 10, 0, 0), (18, 18, 0, 0), (15, 18, 0, 0)))
