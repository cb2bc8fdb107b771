"""From quantised lines to lines of Q.21 (ISO/IEC 11172-3, 2.4.3.4.7): sign * n ** (4 / 3) * 2 ** (q / 4), q from gain and scale factors.

Up to n = 15 a table has the power with each quarter of an octave, in Q6.24; above, a quadratic through three table values of n, n / 8 or n / 64 (wrong by
less than 6e-7 of it). A line ends at 2**26 (+-32), so that the 18 of a subband stay below 2**31.
"""

import micropython


@micropython.viper
def requantise(
    v: int,
    p: ptr32,
    cell: ptr32,
    factors: ptr8,
    widths: ptr8,
    long_bands: int,
    pretab: ptr8,
    gains: ptr32,
    powers: ptr32,
    levels: ptr32,
    last: int,
    lower: int,
) -> int:
    """Replace the first `last` quantised lines at `p` by their values, halved `lower` / 4 times; `levels`: the sum of magnitudes is added for each subband.

    `cell`: a block of side information. `widths`: of its bands as sent, `long_bands` of them for long windows. `gains`: GAINS, with QUARTERS
    behind. `v`: anything. Returns the sum of all
    magnitudes, Q.15.
    """
    step = 2 + 2 * cell[16]
    gain = cell[2] - 210 - lower
    preflag = cell[15]
    total = 0
    band = 0
    window = 0
    line = 0
    room = 18
    level = 0
    band_left = 0
    while line < last:
        if band_left == 0:
            band_left = widths[band]
            f = factors[band] & 127
            q = gain
            if band >= long_bands:
                q -= 8 * cell[12 + window]
                window += 1
                if window == 3:
                    window = 0
            elif preflag:
                f += pretab[band]
            q -= step * f
            band += 1
            t = ptr32(int(gains) + ((q & 3) << 6))
            quarter = gains[64 + (q & 3)]
            shift = 3 - (q >> 2)
            short = shift
            if short < 0:
                short = 0
            elif short > 31:
                short = 31
            half = 0
            if short and short < 31:
                half = 1 << short - 1
        n = band_left
        if n > room:
            n = room
        band_left -= n
        room -= n
        line += n
        while n:
            v = p[0]
            if v:
                x = v >> 1
                if x < 16:
                    x = t[x] + half >> short
                else:
                    k = 0
                    if x >= 2048:
                        k = 6
                    elif x >= 256:
                        k = 3
                    r = x & (1 << k) - 1
                    x = x >> k
                    y = r * r * (powers[x + 1] - 2 * powers[x] + powers[x - 1])
                    x = powers[x] + (r * (powers[x + 1] - powers[x - 1]) >> k + 1) + (y >> 2 * k + 1)
                    x = (x >> 15) * quarter + ((x & 32767) * quarter >> 15)
                    r = shift - 6 - k - (k + 2 >> 2)
                    if r > 30:
                        x = 0
                    elif r > 0:
                        x = (x >> r - 1) + 1 >> 1
                    elif r < 0 - 26:
                        x = 67108864
                    elif x >> 26 + r:
                        x = 67108864
                    else:
                        x = x << 0 - r
                if x > 67108864:
                    x = 67108864
                level += x
                if v & 1:
                    x = 0 - x
                p[0] = x
            p = ptr32(int(p) + 4)
            n -= 1
        if room == 0 or line >= last:
            total += level >> 6
            if level > 67108864:
                level = 67108864
            levels[0] = levels[0] + level
            level = 0
            room = 18
            levels = ptr32(int(levels) + 4)
    return total
