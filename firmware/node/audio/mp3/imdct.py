"""The inverse MDCT of 18 or 6 lines (ISO/IEC 11172-3, 2.4.3.4.10.3) up to its rotation; written by tools/mp3/make.py.

With t = pi (2m + 1) / 72 the 18-point DCT-IV is y[m] = cos t C[m] + sin t S[m], y[17 - m] = sin t C[m] - cos t S[m] for m = 0..8, where C is a
9-point DCT-III of X[2j] + X[2j - 1] and S a 9-point DST-III of X[2j - 1] - X[2j] (the addition theorem for lines 2j - 1 and 2j). Each is
made of sums of products by its symmetry about m = 4, which in viper is as cheap as additions and rounds nothing.
The windowed output is out[8 - m] = w[8 - m] y[17 - m], out[9 + m] = -w[9 + m] y[17 - m], out[26 - m] = -w[26 - m] y[m], out[27 + m] = -w[27 + m] y[m].

C and S are scaled so that the constants come out nearest to whole numbers; the rotation makes it good. Lines are Q.21, constants Q1.15, sums of
products Q.36. While the magnitudes of a subband's lines sum up to less than 2**16, nothing reaches 2**31.
"""

import micropython


@micropython.viper
def dct_long(a: int, p: ptr32, flags: ptr8, flag: int, first: int, last: int):
    """Replace the 18 lines of each of the subbands `first` to `last` (excluded) that has `flag` in its flags by C[0..8] and S[0..8], Q.36.

    `a`: anything. `flag`: 1 or 2, see `hybrid.plan`.
    """
    p = ptr32(int(p) + 72 * first)
    while first < last:
        if flags[first] & flag:
            a = p[2]
            p[2] = p[1] + a
            p[1] = p[1] - a
            a = p[4]
            p[4] = p[3] + a
            p[3] = p[3] - a
            a = p[6]
            p[6] = p[5] + a
            p[5] = p[5] - a
            a = p[8]
            p[8] = p[7] + a
            p[7] = p[7] - a
            a = p[10]
            p[10] = p[9] + a
            p[9] = p[9] - a
            a = p[12]
            p[12] = p[11] + a
            p[11] = p[11] - a
            a = p[14]
            p[14] = p[13] + a
            p[13] = p[13] - a
            a = p[16]
            p[16] = p[15] + a
            p[15] = p[15] - a
            a = p[0] * 27706 + 16384
            a = p[4] * 26035 + a
            a = p[8] * 21224 + a
            a = p[12] * 13853 + a
            a = p[16] * 4811 + a
            e0 = a
            a = p[0] * 27706 + 16384
            a = p[4] * 13853 + a
            a = p[8] * -13853 + a
            a = p[12] * -27706 + a
            a = p[16] * -13853 + a
            e1 = a
            a = p[0] * 27706 + 16384
            a = p[4] * -4811 + a
            a = p[8] * -26035 + a
            a = p[12] * 13853 + a
            a = p[16] * 21224 + a
            e2 = a
            a = p[0] * 27706 + 16384
            a = p[4] * -21224 + a
            a = p[8] * 4811 + a
            a = p[12] * 13853 + a
            a = p[16] * -26035 + a
            e3 = a
            a = p[0] * 27706 + 16384
            a = p[4] * -27706 + a
            a = p[8] * 27706 + a
            a = p[12] * -27706 + a
            a = p[16] * 27706 + a
            e4 = a
            a = p[2] * 27285
            a = p[6] * 23994 + a
            a = p[10] * 17809 + a
            a = p[14] * 9476 + a
            o0 = a
            a = p[2] * 23994
            a = p[10] * -23994 + a
            a = p[14] * -23994 + a
            o1 = a
            a = p[2] * 17809
            a = p[6] * -23994 + a
            a = p[10] * -9476 + a
            a = p[14] * 27285 + a
            o2 = a
            a = p[2] * 9476
            a = p[6] * -23994 + a
            a = p[10] * 27285 + a
            a = p[14] * -17809 + a
            o3 = a
            a = o0
            p[0] = e0 + a
            p[16] = e0 - a
            a = o1
            p[2] = e1 + a
            p[14] = e1 - a
            a = o2
            p[4] = e2 + a
            p[12] = e2 - a
            a = o3
            p[6] = e3 + a
            p[10] = e3 - a
            p[8] = e4
            a = p[1] * 4811 + 16384
            a = p[5] * 13853 + a
            a = p[9] * 21224 + a
            a = p[13] * 26035 + a
            a = p[17] * 27706 + a
            e0 = a
            a = p[1] * 13853 + 16384
            a = p[5] * 27706 + a
            a = p[9] * 13853 + a
            a = p[13] * -13853 + a
            a = p[17] * -27706 + a
            e1 = a
            a = p[1] * 21224 + 16384
            a = p[5] * 13853 + a
            a = p[9] * -26035 + a
            a = p[13] * -4811 + a
            a = p[17] * 27706 + a
            e2 = a
            a = p[1] * 26035 + 16384
            a = p[5] * -13853 + a
            a = p[9] * -4811 + a
            a = p[13] * 21224 + a
            a = p[17] * -27706 + a
            e3 = a
            a = p[1] * 27706 + 16384
            a = p[5] * -27706 + a
            a = p[9] * 27706 + a
            a = p[13] * -27706 + a
            a = p[17] * 27706 + a
            e4 = a
            a = p[3] * 9476
            a = p[7] * 17809 + a
            a = p[11] * 23994 + a
            a = p[15] * 27285 + a
            o0 = a
            a = p[3] * 23994
            a = p[7] * 23994 + a
            a = p[15] * -23994 + a
            o1 = a
            a = p[3] * 27285
            a = p[7] * -9476 + a
            a = p[11] * -23994 + a
            a = p[15] * 17809 + a
            o2 = a
            a = p[3] * 17809
            a = p[7] * -27285 + a
            a = p[11] * 23994 + a
            a = p[15] * -9476 + a
            o3 = a
            a = o0
            p[1] = e0 + a
            p[17] = e0 - a
            a = o1
            p[3] = e1 + a
            p[15] = e1 - a
            a = o2
            p[5] = e2 + a
            p[13] = e2 - a
            a = o3
            p[7] = e3 + a
            p[11] = e3 - a
            p[9] = e4
        first += 1
        p = ptr32(int(p) + 72)


@micropython.viper
def dct_short(a: int, p: ptr32, first: int, last: int):
    """The 6-point DCT-IV of each of three windows in the subbands `first` to `last` (excluded): line X[k] of window w at p[3k + w] becomes y[k], Q.36.

    All are scaled, which the window makes good.
    """
    p = ptr32(int(p) + 72 * first)
    while first < last:
        w = 3
        while w:
            w -= 1
            a = p[0] * 26076
            a = p[3] * 24299 + a
            a = p[6] * 20866 + a
            a = p[9] * 16011 + a
            a = p[12] * 10065 + a
            a = p[15] * 3433 + a
            y0 = a
            a = p[0] * 24299
            a = p[3] * 10065 + a
            a = p[6] * -10065 + a
            a = p[9] * -24299 + a
            a = p[12] * -24299 + a
            a = p[15] * -10065 + a
            y1 = a
            a = p[0] * 20866
            a = p[3] * -10065 + a
            a = p[6] * -26076 + a
            a = p[9] * -3433 + a
            a = p[12] * 24299 + a
            a = p[15] * 16011 + a
            y2 = a
            a = p[0] * 16011
            a = p[3] * -24299 + a
            a = p[6] * -3433 + a
            a = p[9] * 26076 + a
            a = p[12] * -10065 + a
            a = p[15] * -20866 + a
            y3 = a
            a = p[0] * 10065
            a = p[3] * -24299 + a
            a = p[6] * 24299 + a
            a = p[9] * -10065 + a
            a = p[12] * -10065 + a
            a = p[15] * 24299 + a
            y4 = a
            a = p[0] * 3433
            a = p[3] * -10065 + a
            a = p[6] * 16011 + a
            a = p[9] * -20866 + a
            a = p[12] * 24299 + a
            a = p[15] * -26076 + a
            y5 = a
            p[0] = y0
            p[3] = y1
            p[6] = y2
            p[9] = y3
            p[12] = y4
            p[15] = y5
            p = ptr32(int(p) + 4)
        p = ptr32(int(p) + 60)
        first += 1
