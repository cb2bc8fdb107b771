"""Joint stereo (ISO/IEC 11172-3, 2.4.3.4.9; 13818-3, 2.4.3.2) on requantised lines, in the order in which they are sent; and the mix to one channel.

The factor 1 / sqrt(2) of MS and the halves of a mix are in the gain with which lines were requantised (`decoder`), so this adds and subtracts.
"""

import micropython


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
def zero_part(p: ptr32, cell: ptr32, widths: ptr8, long_bands: int, last: int) -> int:
    """From which band on the right channel is 0, for each window: six bits each; the fourth six for the long bands of mixed blocks. Of lines not yet
    requantised, of which the first `last` may be other than 0. `long_bands`: 22 for long blocks."""
    first = 0
    second = 0
    third = 0
    lower = 0
    line = 0
    band = 0
    window = 0
    while line < last:
        stop = line + widths[band]
        found = 0
        while line < stop:
            found |= p[line]
            line += 1
        band += 1
        if band <= long_bands:
            if found:
                first = band
                lower = band
        else:
            if band == long_bands + 1:
                first = 0
            if found:
                lower = long_bands
                if window == 0:
                    first = band
                elif window == 1:
                    second = band
                else:
                    third = band
            window += 1
            if window == 3:
                window = 0
    if cell[5] == 2 and band <= long_bands:
        first = 0
    return first | second << 6 | third << 12 | lower << 18


@micropython.viper
def intensity(
    left: ptr32,
    right: ptr32,
    cell: ptr32,
    factors: ptr8,
    widths: ptr8,
    long_bands: int,
    table: ptr32,
    mpeg1: int,
    joint: int,
    factor: int,
    bounds: int,
    up: int,
):
    """Intensity stereo in the bands from `bounds` on (see `zero_part`); below, MS where `joint` has it.

    `cell`, `factors`: of the right channel, `table`: INTENSITY. `joint`: mode_extension, and 4 to put left + right into `left` instead.
    `factor`: by which intensity lines are too small, Q1.15.
    """
    up15 = up + 15
    mono = joint & 4
    ms = joint & 2
    bands = 22
    if cell[5] == 2:
        bands = 39
        if long_bands:
            bands = long_bands + 30
    line = 0
    band = 0
    window = 0
    while band < bands:
        n = widths[band]
        limit = bounds >> 6 * window & 63
        if band < long_bands:
            if cell[5] == 2:
                limit = bounds >> 18
        else:
            window += 1
            if window == 3:
                window = 0
        position = factors[band]
        if cell[5] != 2:
            if band == 21:
                position = factors[20]
        elif band >= bands - 3:
            position = factors[band - 3]
        legal = 1
        if band < limit or position > 127:
            legal = 0
        elif mpeg1 and position >= 7:
            legal = 0
        band += 1
        i = line
        line += n
        if legal:
            if mpeg1:
                to_left = table[2 * position]
                to_right = table[2 * position + 1]
            else:
                k = 14 + 17 * (cell[3] & 1) + (position + 1 >> 1)
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
            while i < line:
                x = left[i]
                low = x & 32767
                x = x << up >> up15
                left[i] = x * to_left + (low * to_left >> 15)
                right[i] = x * to_right + (low * to_right >> 15)
                i += 1
        elif mono:
            if ms == 0:
                while i < line:
                    left[i] = left[i] + right[i]
                    i += 1
        elif ms:
            while i < line:
                x = left[i]
                low = right[i]
                left[i] = x + low
                right[i] = x - low
                i += 1
