"""Scale factors of a granule and channel (ISO/IEC 11172-3, 2.4.2.7 and 2.4.3.4.5; 13818-3, 2.4.3.2), one byte a band in the order in which they are sent."""

import micropython

ILLEGAL = 0x80  # set in an intensity position of MPEG-2 that says: not intensity


@micropython.viper
def scale_factors(data: ptr8, bit: int, fields: ptr32, cell: ptr32, share: int, right: int, factors: ptr8, slen: ptr8, counts: ptr8) -> int:
    """Read the scale factors at `bit`; returns the bit behind them. `cell`: a block of side information, `fields`: of the header.

    `share`: scfsi, groups whose factors stay those of granule 0 (not for short blocks). `right`: 1 for the right channel of intensity stereo.
    `factors`: 40 bytes;
    what is not sent is 0. MPEG-2 with preflag in its tables sets it in `cell`.
    """
    compress = cell[3]
    short = 0
    if cell[5] == 2:
        short = 1
        if cell[6]:
            short = 2
    n0 = 6
    n1 = 5
    n2 = 5
    n3 = 5
    if fields[0]:
        s0 = slen[2 * compress]
        s1 = s0
        s2 = slen[2 * compress + 1]
        s3 = s2
        if short:
            share = 0
            n0 = 18
            if short == 2:
                n0 = 17
            n1 = 0
            n2 = 18
            n3 = 0
    else:
        share = 0
        kind = 0
        s3 = 0
        if right == 0:
            if compress < 400:
                s0 = compress >> 4
                s1 = 0
                while s0 >= 5:
                    s0 -= 5
                    s1 += 1
                s2 = s0
                s0 = s1
                s1 = s2
                s2 = compress >> 2 & 3
                s3 = compress & 3
            elif compress < 500:
                compress -= 400
                s1 = compress >> 2
                s0 = 0
                while s1 >= 5:
                    s1 -= 5
                    s0 += 1
                s2 = compress & 3
                kind = 1
            else:
                s1 = compress - 500
                s0 = 0
                while s1 >= 3:
                    s1 -= 3
                    s0 += 1
                s2 = 0
                cell[15] = 1
                kind = 2
        else:
            compress = compress >> 1
            s0 = 0
            if compress < 180:
                while compress >= 36:
                    compress -= 36
                    s0 += 1
                s1 = 0
                while compress >= 6:
                    compress -= 6
                    s1 += 1
                s2 = compress
                kind = 3
            elif compress < 244:
                compress -= 180
                s0 = compress >> 4
                s1 = compress >> 2 & 3
                s2 = compress & 3
                kind = 4
            else:
                s1 = compress - 244
                while s1 >= 3:
                    s1 -= 3
                    s0 += 1
                s2 = 0
                kind = 5
        kind = 4 * (3 * kind + short)
        n0 = counts[kind]
        n1 = counts[kind + 1]
        n2 = counts[kind + 2]
        n3 = counts[kind + 3]
    band = 0
    group = 0
    while group < 4:
        if group == 1:
            n0 = n1
            s0 = s1
        elif group == 2:
            n0 = n2
            s0 = s2
        elif group == 3:
            n0 = n3
            s0 = s3
        n0 += band
        if share >> 3 - group & 1:
            band = n0
        mask = (1 << s0) - 1
        while band < n0:
            value = 0
            if s0:
                b = bit >> 3
                value = (data[b] << 8 | data[b + 1]) >> 16 - s0 - (bit & 7) & mask
                bit += s0
                if right and value == mask and fields[0] == 0:
                    value |= 0x80
            factors[band] = value
            band += 1
        group += 1
    while band < 40:
        factors[band] = 0
        band += 1
    return bit
