"""Huffman decoding of a granule's 576 quantised lines (ISO/IEC 11172-3, 2.4.1.7, 2.4.2.7 and table B.7).

A line is left as magnitude << 1 | sign, so that it is never negative: at most 8206 << 1 | 1.
"""

import micropython
from micropython import const

INEXACT = const(1024)


@micropython.viper
def huffman(
    cache: int,
    left: int,
    data: ptr8,
    bit: int,
    end: int,
    cell: ptr32,
    widths: ptr8,
    cells: ptr16,
    roots: ptr16,
    linbits: ptr8,
    lines: ptr32,
) -> int:
    """Decode from `bit` to `end` into all 576 `lines`; returns how many may be other than 0, or -1 where the big values run over its end;
    INEXACT is set where the last quadruple does, which is dropped, or more than 31 bits are left.

    `cell`: a block of side information. `widths`: of the long bands. `cache`, `left`: anything; here the lowest `left` (0 to 30) bits of `cache`
    are the next ones.
    Reads at most 12 bytes behind `end`.
    """
    byte = bit >> 3
    limit = (end >> 3) + 4
    left = 8 - (bit & 7)
    cache = data[byte] & (1 << left) - 1
    byte += 1
    last = 2 * cell[1]
    i = 0
    region = 0
    stop = 0
    band = 0
    while region < 3:
        if region == 2 or i >= last:
            stop = last
        elif cell[11] == 36 and region == 1:
            stop = last
        elif cell[5] == 2:
            stop = 9 * widths[0]
            if stop < 108:
                stop = 36
            else:
                stop = 72
        else:
            n = cell[10 + region] + 1
            while n and band < 22:
                stop += widths[band]
                band += 1
                n -= 1
        if stop > last:
            stop = last
        table = cell[7 + region]
        root = roots[table]
        extra = linbits[table]
        region += 1
        if root == 0:
            while i < stop:
                lines[i] = 0
                i += 1
            continue
        bits = root >> 12
        base = root & 4095
        mask = (1 << bits) - 1
        while i < stop:
            if byte > limit:
                return 0 - 1
            if left < 15:
                cache = (cache & 16383) << 16 | data[byte] << 8 | data[byte + 1]
                byte += 2
                left += 16
            code = cells[(cache >> left - bits & mask) + base]
            if code > 32767:
                n = bits
                while code > 32767:
                    left -= n
                    if left < 15:
                        cache = (cache & 16383) << 16 | data[byte] << 8 | data[byte + 1]
                        byte += 2
                        left += 16
                    n = code >> 12 & 7
                    code = cells[(code & 4095) + (cache >> left - n & (1 << n) - 1)]
            left -= code >> 8
            x = code >> 4 & 15
            if x:
                if x == 15:
                    if extra:
                        if left < 15:
                            cache = (cache & 16383) << 16 | data[byte] << 8 | data[byte + 1]
                            byte += 2
                            left += 16
                        left -= extra
                        x += cache >> left & (1 << extra) - 1
                left -= 1
                x = x << 1 | cache >> left & 1
            lines[i] = x
            x = code & 15
            if x:
                if x == 15:
                    if extra:
                        if left < 15:
                            cache = (cache & 16383) << 16 | data[byte] << 8 | data[byte + 1]
                            byte += 2
                            left += 16
                        left -= extra
                        x += cache >> left & (1 << extra) - 1
                left -= 1
                x = x << 1 | cache >> left & 1
            lines[i + 1] = x
            i += 2
    if 8 * byte - left > end:
        return 0 - 1
    root = roots[32 + cell[17]]
    bits = root >> 12
    base = root & 4095
    mask = (1 << bits) - 1
    while i < 573:
        if 8 * byte - left >= end:
            break
        if left < 15:
            cache = (cache & 16383) << 16 | data[byte] << 8 | data[byte + 1]
            byte += 2
            left += 16
        code = cells[(cache >> left - bits & mask) + base]
        left -= code >> 8
        n = 8
        stop = i + 4
        while i < stop:
            x = 0
            if code & n:
                left -= 1
                x = cache >> left & 1 | 2
            lines[i] = x
            n = n >> 1
            i += 1
    last = i
    bit = 8 * byte - left - end
    if bit > 0:
        i -= 4
        last = i | 1024
    elif bit < -31:
        last = i | 1024
    while i < 576:
        lines[i] = 0
        i += 1
    return last
