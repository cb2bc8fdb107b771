"""Windowing and summing of the synthesis filterbank (ISO/IEC 11172-3, 2.4.3.2.2); written by tools/mp3/make.py.

Each sample is the sum of 16 products of window values D (Q1.16, exact) with X of the last 16 slots. A row of the history keeps X[n] in three forms:
A = X in Q2.15 for the twelve outer taps, whose |D| sum up to 0.38; H = X in Q2.10 and L, the ten bits below, for the four large ones in the middle.
With |X| < 2.6 (more than what an output of +-0.95 can need) all partial sums stay below 2**31: A 24768 * 85196, H 156590 * 2662, L 156590 * 1023.
What A cuts off, and what `dct32` does, is made good on average. A row: A of the 15 slots before and 18 of this granule, H and L of 9 before and 18.
"""

import micropython


@micropython.viper
def window(a: int, p: ptr32, rows: ptr32, out: ptr32, d: ptr32, up: int):
    """Put the 576 samples of a granule, Q5.26, at `out`, and make its last slots the past of the next one: in each row 15 of A, 9 of H and 9 of L.

    `a`, `p`: anything of that type. `d`: WINDOW. `up`: 32 where a word has 64 bits, else 0.
    """
    mid = up + 5
    low = up + 10
    samples = 32
    while samples:
        near = ptr32(int(rows) + d[0])
        far = ptr32(int(rows) + d[1])
        coarse = d[2]
        fine = d[3]
        d0 = d[4]
        d1 = d[5]
        d2 = d[6]
        d3 = d[7]
        d4 = d[8]
        d5 = d[9]
        d6 = d[10]
        d7 = d[11]
        d8 = d[12]
        d9 = d[13]
        d10 = d[14]
        d11 = d[15]
        d12 = d[16]
        d13 = d[17]
        d14 = d[18]
        d15 = d[19]
        q = out
        slots = 9
        while slots:
            slots -= 1
            p = near
            a = coarse
            a = p[15] * d0 + a
            a = p[13] * d1 + a
            a = p[11] * d2 + a
            a = p[5] * d3 + a
            a = p[3] * d4 + a
            a = p[1] * d5 + a
            p = far
            a = p[14] * d6 + a
            a = p[12] * d7 + a
            a = p[10] * d8 + a
            a = p[4] * d9 + a
            a = p[2] * d10 + a
            a = p[0] * d11 + a
            t = a << up >> mid
            a = fine
            a = p[62] * d12 + a
            a = p[60] * d13 + a
            p = near
            a = p[63] * d14 + a
            a = p[61] * d15 + a
            a = (a << up >> low) + t
            a = p[34] * d15 + a
            a = p[36] * d14 + a
            p = far
            a = p[33] * d13 + a
            a = p[35] * d12 + a
            q[0] = a
            p = near
            a = coarse
            a = p[16] * d0 + a
            a = p[14] * d1 + a
            a = p[12] * d2 + a
            a = p[6] * d3 + a
            a = p[4] * d4 + a
            a = p[2] * d5 + a
            p = far
            a = p[15] * d6 + a
            a = p[13] * d7 + a
            a = p[11] * d8 + a
            a = p[5] * d9 + a
            a = p[3] * d10 + a
            a = p[1] * d11 + a
            t = a << up >> mid
            a = fine
            a = p[63] * d12 + a
            a = p[61] * d13 + a
            p = near
            a = p[64] * d14 + a
            a = p[62] * d15 + a
            a = (a << up >> low) + t
            a = p[35] * d15 + a
            a = p[37] * d14 + a
            p = far
            a = p[34] * d13 + a
            a = p[36] * d12 + a
            q[32] = a
            near = ptr32(int(near) + 8)
            far = ptr32(int(far) + 8)
            q = ptr32(int(q) + 256)
        d = ptr32(int(d) + 80)
        out = ptr32(int(out) + 4)
        samples -= 1
    p = rows
    a = 32
    while a:
        a -= 1
        p[0] = p[18]
        p[1] = p[19]
        p[2] = p[20]
        p[3] = p[21]
        p[4] = p[22]
        p[5] = p[23]
        p[6] = p[24]
        p[7] = p[25]
        p[8] = p[26]
        p[9] = p[27]
        p[10] = p[28]
        p[11] = p[29]
        p[12] = p[30]
        p[13] = p[31]
        p[14] = p[32]
        p[33] = p[51]
        p[34] = p[52]
        p[35] = p[53]
        p[36] = p[54]
        p[37] = p[55]
        p[38] = p[56]
        p[39] = p[57]
        p[40] = p[58]
        p[41] = p[59]
        p[60] = p[78]
        p[61] = p[79]
        p[62] = p[80]
        p[63] = p[81]
        p[64] = p[82]
        p[65] = p[83]
        p[66] = p[84]
        p[67] = p[85]
        p[68] = p[86]
        p = ptr32(int(p) + 348)
