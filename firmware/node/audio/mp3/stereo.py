"""Joint stereo (ISO/IEC 11172-3, 2.4.3.4.9; 13818-3, 2.4.3.2) on requantised lines, in the order in which they are sent; and the mix to one channel.

The factor 1 / sqrt(2) of MS and the halves of a mix are in the gain with which lines were requantised (`decoder`), so this adds and subtracts.
"""

import micropython


@micropython.viper
def add_lines(left: ptr32, right: ptr32, first: int, last: int):
    """left += right."""
    n = last - first
    left = ptr32(int(left) + 4 * first)
    right = ptr32(int(right) + 4 * first)
    while n > 0:
        left[0] = left[0] + right[0]
        left = ptr32(int(left) + 4)
        right = ptr32(int(right) + 4)
        n -= 1


@micropython.viper
def middle_side(left: ptr32, right: ptr32, first: int, last: int):
    """left, right = left + right, left - right."""
    while first < last:
        m = left[first]
        s = right[first]
        left[first] = m + s
        right[first] = m - s
        first += 1


@micropython.viper
def intensity(
    left: ptr32, right: ptr32, cell: ptr32, factors: ptr8, widths: ptr8, table: ptr32, mpeg1: int, ms: int, mono: int, factor: int, last: int, up: int
):
    """Intensity stereo above the last line of the right channel that is not 0, `last`; below it, MS where `ms`.

    `cell`, `factors`: of the right channel, `table`: INTENSITY. `mono`: put left + right into `left` instead.
    `factor`: by which intensity lines are too small, Q1.15. Short blocks have a bound for each window.
    """
    up15 = up + 15
    long_bands = 22
    bands = 22
    if cell[5] == 2:
        long_bands = 0
        bands = 39
        if cell[6]:
            long_bands = 6
            if mpeg1:
                long_bands = 8
            bands = long_bands + 30
    # From the top: the bound of each window is the first band in which it has a line.
    line = 576
    band = bands
    bounds = 0
    open = 0
    while band > 0:
        band -= 1
        n = widths[band]
        line -= n
        window = 0
        if band >= long_bands:
            window = (band - long_bands) % 3
        elif long_bands < 22:
            window = 3
            if open:
                bounds = 15
        if bounds & 1 << window == 0:
            i = line
            while i < line + n:
                if i < last and right[i]:
                    bounds |= 1 << window
                    open = 1
                i += 1
        position = factors[band]
        if band == bands - 1 and cell[5] != 2:
            position = factors[band - 1]
        elif cell[5] == 2 and band >= bands - 3:
            position = factors[band - 3]
        legal = 1
        if bounds & 1 << window or position > 127:
            legal = 0
        elif mpeg1 and position >= 7:
            legal = 0
        i = line
        if legal:
            if mpeg1:
                to_left = table[2 * position]
                to_right = table[2 * position + 1]
            else:
                k = 14 + 16 * (cell[3] & 1) + (position + 1 >> 1)
                to_left = 32768
                to_right = table[k]
                if position & 1:
                    to_right = to_left
                    to_left = table[k]
            to_left = to_left * factor >> 15
            to_right = to_right * factor >> 15
            if mono:
                to_left += to_right
                to_right = 0
            while i < line + n:
                x = left[i]
                low = x & 32767
                x = x << up >> up15
                left[i] = x * to_left + (low * to_left >> 15)
                right[i] = x * to_right + (low * to_right >> 15)
                i += 1
        elif mono:
            if ms == 0:
                while i < line + n:
                    left[i] = left[i] + right[i]
                    i += 1
        elif ms:
            while i < line + n:
                x = left[i]
                low = right[i]
                left[i] = x + low
                right[i] = x - low
                i += 1


@micropython.viper
def share_levels(left: ptr32, right: ptr32):
    """Give both channels the sum of their levels, which bounds what sums and differences of their lines can be."""
    i = 0
    while i < 33:
        level = left[i] + right[i]
        left[i] = level
        right[i] = level
        i += 1
