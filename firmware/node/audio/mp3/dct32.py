"""The matrixing of the synthesis filterbank (ISO/IEC 11172-3, 2.4.3.2.2) as a 32-point DCT-II after Lee; written by tools/mp3/make.py.

X[n] = sum of S[k] cos(n (2k + 1) pi / 64), n = 0..31, from which the 64 values V follow by symmetry: V[i] = X[16 + i], and so on. In place,
five stages of butterflies (a + b, (a - b) / (2 cos)) and the additions behind them. Values are Q11.20. The largest product of Lee's factors is 122; where the
sum of all |S[k]| is above 8 a slot is halved until it is not, which no sound needs, so that all stay below 2**31. A product takes
the upper and the lower bits one after the other, so that it is exact to the last bit; with a constant of more bits than that it is shifted behind.
"""

import micropython


@micropython.viper
def dct32(a: int, s: ptr32, rows: ptr32, total: int, up: int):
    """Transform 18 vectors of 32 subband samples at `s` and put them into the history `rows` of `window` as A, H and L.

    `a`: anything; the first two parameters live in registers. `total`: sum of the magnitudes of two granules' lines, Q.15; from 2.6 on X may leave
    +-2.6 and is saturated. `up`: 32 where a word has 64 bits, else 0. Odd slots have their odd subbands negated already (2.4.3.4.10.5).
    """
    row = rows
    up1 = up + 1
    up12 = up + 12
    up13 = up + 13
    up14 = up + 14
    up15 = up + 15
    up16 = up + 16
    up18 = up + 18
    coarse = up + 5
    high = up + 10
    i = 0
    loud = 0
    if total > 85000:
        loud = 1
    slots = 18
    while slots:
        slots -= 1
        if loud:
            a = 262145
            while a > 262144:
                a = 0
                i = 0
                while i < 32:
                    t = s[i] << up >> up
                    if t < 0:
                        t = 0 - t
                    a += t >> 5
                    i += 1
                if a > 262144:
                    i = 0
                    while i < 32:
                        s[i] = s[i] << up >> up1
                        i += 1
        a = s[0]
        s[0] = a + s[31]
        a -= s[31]
        s[31] = (a << up >> up14) * 65615 + ((a & 16383) * 65615 >> 14) >> 3
        a = s[1]
        s[1] = a + s[30]
        a -= s[30]
        s[30] = (a << up >> up14) * 66253 + ((a & 16383) * 66253 >> 14) >> 3
        a = s[2]
        s[2] = a + s[29]
        a -= s[29]
        s[29] = (a << up >> up12) * 270242 + ((a & 4095) * 270242 >> 12) >> 7
        a = s[3]
        s[3] = a + s[28]
        a -= s[28]
        s[28] = (a << up >> up12) * 278419 + ((a & 4095) * 278419 >> 12) >> 7
        a = s[4]
        s[4] = a + s[27]
        a -= s[27]
        s[27] = (a << up >> up15) * 18124 + ((a & 32767) * 18124 >> 15)
        a = s[5]
        s[5] = a + s[26]
        a -= s[26]
        s[26] = (a << up >> up12) * 305625 + ((a & 4095) * 305625 >> 12) >> 7
        a = s[6]
        s[6] = a + s[25]
        a -= s[25]
        s[25] = (a << up >> up12) * 326371 + ((a & 4095) * 326371 >> 12) >> 7
        a = s[7]
        s[7] = a + s[24]
        a -= s[24]
        s[24] = (a << up >> up12) * 353794 + ((a & 4095) * 353794 >> 12) >> 7
        a = s[8]
        s[8] = a + s[23]
        a -= s[23]
        s[23] = (a << up >> up15) * 24397 + ((a & 32767) * 24397 >> 15)
        a = s[9]
        s[9] = a + s[22]
        a -= s[22]
        s[22] = (a << up >> up12) * 440061 + ((a & 4095) * 440061 >> 12) >> 7
        a = s[10]
        s[10] = a + s[21]
        a -= s[21]
        s[21] = (a << up >> up15) * 31869 + ((a & 32767) * 31869 >> 15)
        a = s[11]
        s[11] = a + s[20]
        a -= s[20]
        s[20] = (a << up >> up15) * 38320 + ((a & 32767) * 38320 >> 15)
        a = s[12]
        s[12] = a + s[19]
        a -= s[19]
        s[19] = (a << up >> up15) * 48633 + ((a & 32767) * 48633 >> 15)
        a = s[13]
        s[13] = a + s[18]
        a -= s[18]
        s[18] = (a << up >> up12) * 269717 + ((a & 4095) * 269717 >> 12) >> 5
        a = s[14]
        s[14] = a + s[17]
        a -= s[17]
        s[17] = (a << up >> up14) * 55830 + ((a & 16383) * 55830 >> 14)
        a = s[15]
        s[15] = a + s[16]
        a -= s[16]
        s[16] = (a << up >> up12) * 333906 + ((a & 4095) * 333906 >> 12) >> 3
        halves = 2
        while halves:
            halves -= 1
            a = s[0]
            s[0] = a + s[15]
            a -= s[15]
            s[15] = (a << up >> up13) * 131706 + ((a & 8191) * 131706 >> 13) + (a << up >> up15) >> 5
            a = s[1]
            s[1] = a + s[14]
            a -= s[14]
            s[14] = (a << up >> up13) * 136970 + ((a & 8191) * 136970 >> 13) >> 5
            a = s[2]
            s[2] = a + s[13]
            a -= s[13]
            s[13] = (a << up >> up13) * 148621 + ((a & 8191) * 148621 >> 13) >> 5
            a = s[3]
            s[3] = a + s[12]
            a -= s[12]
            s[12] = (a << up >> up15) * 21195 + ((a & 32767) * 21195 >> 15)
            a = s[4]
            s[4] = a + s[11]
            a -= s[11]
            s[11] = (a << up >> up14) * 103305 + ((a & 16383) * 103305 >> 14) >> 3
            a = s[5]
            s[5] = a + s[10]
            a -= s[10]
            s[10] = (a << up >> up13) * 139025 + ((a & 8191) * 139025 >> 13) >> 4
            a = s[6]
            s[6] = a + s[9]
            a -= s[9]
            s[9] = (a << up >> up15) * 56441 + ((a & 32767) * 56441 >> 15)
            a = s[7]
            s[7] = a + s[8]
            a -= s[8]
            s[8] = (a << up >> up14) * 83577 + ((a & 16383) * 83577 >> 14)
            quarters = 2
            while quarters:
                quarters -= 1
                a = s[0]
                s[0] = a + s[7]
                a -= s[7]
                s[7] = (a << up >> up15) * 16705 + ((a & 32767) * 16705 >> 15)
                a = s[1]
                s[1] = a + s[6]
                a -= s[6]
                s[6] = (a << up >> up15) * 19705 + ((a & 32767) * 19705 >> 15) - (a << up >> up18)
                a = s[2]
                s[2] = a + s[5]
                a -= s[5]
                s[5] = (a << up >> up15) * 58981 + ((a & 32767) * 58981 >> 15) >> 1
                a = s[3]
                s[3] = a + s[4]
                a -= s[4]
                s[4] = (a << up >> up14) * 41991 + ((a & 16383) * 41991 >> 14)
                a = s[0]
                s[0] = a + s[3]
                a -= s[3]
                s[3] = (a << up >> up15) * 35468 + ((a & 32767) * 35468 >> 15) - (a << up >> up18) >> 1
                a = s[1]
                s[1] = a + s[2]
                a -= s[2]
                s[2] = (a << up >> up15) * 42814 + ((a & 32767) * 42814 >> 15) - (a << up >> up16)
                a = s[0]
                s[0] = a + s[1]
                a -= s[1]
                s[1] = (a << up >> up15) * 46341 + ((a & 32767) * 46341 >> 15) >> 1
                a = s[2]
                s[2] = a + s[3]
                a -= s[3]
                s[3] = (a << up >> up15) * 46341 + ((a & 32767) * 46341 >> 15) >> 1
                s[2] = s[2] - s[3]
                a = s[4]
                s[4] = a + s[7]
                a -= s[7]
                s[7] = (a << up >> up15) * 35468 + ((a & 32767) * 35468 >> 15) - (a << up >> up18) >> 1
                a = s[5]
                s[5] = a + s[6]
                a -= s[6]
                s[6] = (a << up >> up15) * 42814 + ((a & 32767) * 42814 >> 15) - (a << up >> up16)
                a = s[4]
                s[4] = a + s[5]
                a -= s[5]
                s[5] = (a << up >> up15) * 46341 + ((a & 32767) * 46341 >> 15) >> 1
                a = s[6]
                s[6] = a + s[7]
                a -= s[7]
                s[7] = (a << up >> up15) * 46341 + ((a & 32767) * 46341 >> 15) >> 1
                s[6] = s[6] - s[7]
                s[4] = s[4] - s[6]
                s[6] = s[6] - s[5]
                s[5] = s[5] + s[7]
                s = ptr32(int(s) + 32)
            s = ptr32(int(s) - 64)
            s[8] = s[8] - s[12]
            s[12] = s[12] - s[10]
            s[10] = s[10] + s[14]
            s[14] = s[14] + s[9]
            s[9] = s[9] - s[13]
            s[13] = s[13] + s[11]
            s[11] = s[11] + s[15]
            s = ptr32(int(s) + 64)
        s = ptr32(int(s) - 128)
        s[16] = s[16] - s[24]
        s[24] = s[24] - s[20]
        s[20] = s[20] + s[28]
        s[28] = s[28] + s[18]
        s[18] = s[18] - s[26]
        s[26] = s[26] + s[22]
        s[22] = s[22] + s[30]
        s[30] = s[30] - s[17]
        s[17] = s[17] - s[25]
        s[25] = s[25] - s[21]
        s[21] = s[21] + s[29]
        s[29] = s[29] - s[19]
        s[19] = s[19] - s[27]
        s[27] = s[27] + s[23]
        s[23] = s[23] + s[31]
        if loud:
            i = 0
            while i < 32:
                a = s[i] << up >> up
                if a > 2726296:
                    s[i] = 2726296
                elif a < -2726296:
                    s[i] = -2726296
                i += 1
        row = rows
        i = 16
        while i:
            i -= 1
            a = s[0]
            row[69] = a & 1023
            a = a << up
            row[15] = a >> coarse
            row[42] = a >> high
            a = s[1]
            row[156] = a & 1023
            a = a << up
            row[102] = a >> coarse
            row[129] = a >> high
            row = ptr32(int(row) + 696)
            s = ptr32(int(s) + 8)
        rows = ptr32(int(rows) + 4)
