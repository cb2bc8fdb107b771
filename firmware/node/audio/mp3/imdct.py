"""The inverse MDCT of 18 or 6 lines (ISO/IEC 11172-3, 2.4.3.4.10.3) up to its rotation; written by tools/mp3/make.py.

With t = pi (2m + 1) / 72 the 18-point DCT-IV is y[m] = cos t C[m] + sin t S[m], y[17 - m] = sin t C[m] - cos t S[m] for m = 0..8, where C is a
9-point DCT-III of X[2j] + X[2j - 1] and S a 9-point DST-III of X[2j - 1] - X[2j] (the addition theorem for lines 2j - 1 and 2j). Each is
made of sums of products by its symmetry about m = 4, which in viper is as cheap as additions and rounds nothing.
The windowed output is out[8 - m] = w[8 - m] y[17 - m], out[9 + m] = -w[9 + m] y[17 - m], out[26 - m] = -w[26 - m] y[m], out[27 + m] = -w[27 + m] y[m].

C and S are scaled so that the constants come out nearest to whole numbers. Lines are Q.21, constants Q1.15, sums of products Q.36. While the
magnitudes of a subband's lines sum up to less than 2**16, nothing reaches 2**31.
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
            a = p[0] * 31074 + 16384
            a = p[4] * 29200 + a
            a = p[8] * 23804 + a
            a = p[12] * 15537 + a
            a = p[16] * 5396 + a
            e0 = a
            a = p[0] * 31074 + 16384
            a = p[4] * 15537 + a
            a = p[8] * -15537 + a
            a = p[12] * -31074 + a
            a = p[16] * -15537 + a
            e1 = a
            a = p[0] * 31074 + 16384
            a = p[4] * -5396 + a
            a = p[8] * -29200 + a
            a = p[12] * 15537 + a
            a = p[16] * 23804 + a
            e2 = a
            a = p[0] * 31074 + 16384
            a = p[4] * -23804 + a
            a = p[8] * 5396 + a
            a = p[12] * 15537 + a
            a = p[16] * -29200 + a
            e3 = a
            a = p[0] * 31074 + 16384
            a = p[4] * -31074 + a
            a = p[8] * 31074 + a
            a = p[12] * -31074 + a
            a = p[16] * 31074 + a
            e4 = a
            a = p[2] * 30602
            a = p[6] * 26911 + a
            a = p[10] * 19974 + a
            a = p[14] * 10628 + a
            o0 = a
            a = p[2] * 26911
            a = p[10] * -26911 + a
            a = p[14] * -26911 + a
            o1 = a
            a = p[2] * 19974
            a = p[6] * -26911 + a
            a = p[10] * -10628 + a
            a = p[14] * 30602 + a
            o2 = a
            a = p[2] * 10628
            a = p[6] * -26911 + a
            a = p[10] * 30602 + a
            a = p[14] * -19974 + a
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
            a = p[1] * 5396 + 16384
            a = p[5] * 15537 + a
            a = p[9] * 23804 + a
            a = p[13] * 29200 + a
            a = p[17] * 31074 + a
            e0 = a
            a = p[1] * 15537 + 16384
            a = p[5] * 31074 + a
            a = p[9] * 15537 + a
            a = p[13] * -15537 + a
            a = p[17] * -31074 + a
            e1 = a
            a = p[1] * 23804 + 16384
            a = p[5] * 15537 + a
            a = p[9] * -29200 + a
            a = p[13] * -5396 + a
            a = p[17] * 31074 + a
            e2 = a
            a = p[1] * 29200 + 16384
            a = p[5] * -15537 + a
            a = p[9] * -5396 + a
            a = p[13] * 23804 + a
            a = p[17] * -31074 + a
            e3 = a
            a = p[1] * 31074 + 16384
            a = p[5] * -31074 + a
            a = p[9] * 31074 + a
            a = p[13] * -31074 + a
            a = p[17] * 31074 + a
            e4 = a
            a = p[3] * 10628
            a = p[7] * 19974 + a
            a = p[11] * 26911 + a
            a = p[15] * 30602 + a
            o0 = a
            a = p[3] * 26911
            a = p[7] * 26911 + a
            a = p[15] * -26911 + a
            o1 = a
            a = p[3] * 30602
            a = p[7] * -10628 + a
            a = p[11] * -26911 + a
            a = p[15] * 19974 + a
            o2 = a
            a = p[3] * 19974
            a = p[7] * -30602 + a
            a = p[11] * 26911 + a
            a = p[15] * -10628 + a
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
    """The 6-point DCT-IV of each of three windows in the subbands `first` to `last` (excluded): line X[k] of window w at p[3k + w] becomes y[k], Q.36."""
    p = ptr32(int(p) + 72 * first)
    while first < last:
        w = 3
        while w:
            w -= 1
            a = p[0] * 32488
            a = p[3] * 30274 + a
            a = p[6] * 25997 + a
            a = p[9] * 19948 + a
            a = p[12] * 12540 + a
            a = p[15] * 4277 + a
            y0 = a
            a = p[0] * 30274
            a = p[3] * 12540 + a
            a = p[6] * -12540 + a
            a = p[9] * -30274 + a
            a = p[12] * -30274 + a
            a = p[15] * -12540 + a
            y1 = a
            a = p[0] * 25997
            a = p[3] * -12540 + a
            a = p[6] * -32488 + a
            a = p[9] * -4277 + a
            a = p[12] * 30274 + a
            a = p[15] * 19948 + a
            y2 = a
            a = p[0] * 19948
            a = p[3] * -30274 + a
            a = p[6] * -4277 + a
            a = p[9] * 32488 + a
            a = p[12] * -12540 + a
            a = p[15] * -25997 + a
            y3 = a
            a = p[0] * 12540
            a = p[3] * -30274 + a
            a = p[6] * 30274 + a
            a = p[9] * -12540 + a
            a = p[12] * -12540 + a
            a = p[15] * 30274 + a
            y4 = a
            a = p[0] * 4277
            a = p[3] * -12540 + a
            a = p[6] * 19948 + a
            a = p[9] * -25997 + a
            a = p[12] * 30274 + a
            a = p[15] * -32488 + a
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
