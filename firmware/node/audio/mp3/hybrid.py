"""The hybrid filterbank of one channel (ISO/IEC 11172-3, 2.4.3.4.10): reordering, alias reduction, and what `imdct` does not do.

Most subbands are quiet: the magnitudes of their 18 lines (Q.21) sum up to less than 2**16, that is 1/32 of full scale, and `imdct` does them in single
products. A loud one is split into an upper part and its lower 12 bits, which go through the same sums one after the other, and joined here in
products of double width. So full scale is as exact as silence, and costs more only where it is.
A flag of a subband: 1 where it has lines to transform, 3 where it is loud. `past`: the second half of the windowed IMDCT, Q.35 and a half of
Q.20 where `wide` is 0, else Q.20.
"""

import micropython


@micropython.viper
def reorder(source: ptr32, target: ptr32, widths: ptr8, long_bands: int, last: int):
    """Lines of short blocks from bands of three windows each into the order of frequency, window after window (2.4.3.4.8), up to line `last`."""
    base = 0
    band = 0
    while band < long_bands:
        n = widths[band]
        while n:
            target[base] = source[base]
            base += 1
            n -= 1
        band += 1
    while base < last:
        n = widths[band]
        i = base
        k = base + n
        while base < k:
            target[i] = source[base]
            target[i + 1] = source[base + n]
            target[i + 2] = source[base + 2 * n]
            i += 3
            base += 1
        base += 2 * n
        band += 3


@micropython.viper
def reduce_alias(a: int, p: ptr32, levels: ptr32, factors: ptr32, boundaries: int, up: int):
    """The butterflies between a subband and the next (2.4.3.4.10.1) at the first `boundaries` boundaries; `factors`: cs and -ca of each, Q1.17.

    In products of double width. Where both subbands are silent, or their lines sum up to more than 16, as those of no sound do, there are none."""
    up13 = up + 13
    sub = 0
    while sub < boundaries:
        k = 0
        sub += 1
        p = ptr32(int(p) + 72)
        if levels[sub] + levels[sub - 1] - 1 & -33554432:
            continue
        q = ptr32(int(p) - 4)
        r = p
        f = factors
        while k < 8:
            a = q[0] << up >> up13
            e = q[0] & 8191
            b = r[0] << up >> up13
            g = r[0] & 8191
            c = f[0]
            d = f[1]
            q[0] = a * c + b * d + (e * c + g * d + 69632 >> 13) >> 4
            r[0] = b * c - a * d + (g * c - e * d + 69632 >> 13) >> 4
            q = ptr32(int(q) - 4)
            r = ptr32(int(r) + 4)
            f = ptr32(int(f) + 8)
            k += 1


@micropython.viper
def plan(p: ptr32, high: ptr32, levels: ptr32, flags: ptr8, wide: ptr8, force: int, aliased: int, first: int, last: int, up: int) -> int:
    """Set the flags of the subbands `first` to `last` (excluded) and split what is loud into `high` (times 2**12) and `p`; returns how many are loud.

    `force`: treat all as loud, as windows other than type 0 want it. `aliased`: lines came in from the neighbours, weighted with at most 0.52.
    A subband whose lines sum up to more than 16 is silenced: no sound needs it, and later products do not bear twice as much.
    """
    loud = 0
    before = 0
    up12 = up + 12
    while first < last:
        level = levels[first]
        if aliased:
            level += before + (levels[first + 1] * 17 >> 5)
            before = levels[first] * 17 >> 5
            levels[first] = level
        flags[first] = 1
        if force | wide[first] or level >= 65500:
            flags[first] = 3
            loud += 1
            q = ptr32(int(p) + 72 * first)
            h = ptr32(int(high) + 72 * first)
            if level > 33554432:
                n = 18
                while n:
                    n -= 1
                    q[n] = 0
            n = 6
            while n:
                n -= 1
                x = q[0] + 2048
                h[0] = x << up >> up12
                q[0] = (x & 4095) - 2048
                x = q[1] + 2048
                h[1] = x << up >> up12
                q[1] = (x & 4095) - 2048
                x = q[2] + 2048
                h[2] = x << up >> up12
                q[2] = (x & 4095) - 2048
                q = ptr32(int(q) + 12)
                h = ptr32(int(h) + 12)
        first += 1
    return loud


@micropython.viper
def overlap_long(c: int, s: int, p: ptr32, past: ptr32, out: ptr32, flags: ptr8, t: ptr32, first: int, last: int, up: int):
    """Rotate, window (block type 0) and overlap what `dct_long` left at `p`, in subbands whose flags are 1: 18 samples Q.20 into a column of `out`, 18 by 32.

    `past`: 18 sums a subband from the granule before, replaced by those for the next one. `t`: QUIET_ROTATIONS. `c`, `s`: anything.
    While a subband is quiet each sum of two products is below 2**30.
    """
    up15 = up + 15
    while first < last:
        if flags[first] == 1:
            a = ptr32(int(p) + 72 * first)
            low_past = ptr32(int(past) + 72 * first + 32)
            high_past = ptr32(int(low_past) + 4)
            low = ptr32(int(out) + 4 * first + 1024)
            high = ptr32(int(low) + 128)
            m = 9
            while m:
                m -= 1
                c = a[0] << up >> up15
                s = a[1] << up >> up15
                low[0] = (c * t[0] + s * t[1] + low_past[0] << up) >> up15
                high[0] = (c * t[2] + s * t[3] + high_past[0] << up) >> up15
                low_past[0] = c * t[4] + s * t[5] + 16384
                high_past[0] = c * t[6] + s * t[7] + 16384
                a = ptr32(int(a) + 8)
                t = ptr32(int(t) + 32)
                low_past = ptr32(int(low_past) - 4)
                high_past = ptr32(int(high_past) + 4)
                low = ptr32(int(low) - 128)
                high = ptr32(int(high) + 128)
            t = ptr32(int(t) - 288)
        first += 1


@micropython.viper
def overlap_wide(
    p: ptr32, high: ptr32, past: ptr32, out: ptr32, levels: ptr32, flags: ptr8, wide: ptr8, table: ptr32, first: int, last: int, up: int
):
    """`overlap_long` for loud subbands and any window; `table`: 36 pairs of factors of C and S, Q2.17.

    C and S are Q10.21, and what `dct_long` adds to round them counts once only, here less half of what the shift cuts off; the upper bits and the
    lower 13 are multiplied apart: 2**13 * 2**17 is the largest product.
    """
    up5 = up + 5
    up3 = up + 3
    up13 = up + 13
    up15 = up + 15
    while first < last:
        if flags[first] == 3:
            a = ptr32(int(p) + 72 * first)
            h = ptr32(int(high) + 72 * first)
            v = ptr32(int(past) + 72 * first)
            o = ptr32(int(out) + 4 * first)
            t = table
            if wide[first] == 0:
                m = 0
                while m < 18:
                    v[m] = v[m] << up >> up15
                    m += 1
            to_wide = 0
            if levels[first] >= 65500:
                to_wide = 1
            wide[first] = to_wide
            m = 0
            while m < 9:
                c = (h[2 * m] - 16380 << up >> up3) + (a[2 * m] << up >> up15)
                s = (h[2 * m + 1] - 16380 << up >> up3) + (a[2 * m + 1] << up >> up15)
                c_low = c & 8191
                s_low = s & 8191
                c = c >> 13
                s = s >> 13
                half = 2
                while half:
                    half -= 1
                    x = (c * t[0] + s * t[1] + (c_low * t[0] + s_low * t[1] << up >> up13) + 16 << up) >> up5
                    y = (c * t[2] + s * t[3] + (c_low * t[2] + s_low * t[3] << up >> up13) + 16 << up) >> up5
                    if half:
                        o[32 * (8 - m)] = x + v[8 - m]
                        o[32 * (9 + m)] = y + v[9 + m]
                    t = ptr32(int(t) + 16)
                if to_wide == 0:
                    x = (x << 15) + 16384
                    y = (y << 15) + 16384
                v[8 - m] = x
                v[9 + m] = y
                m += 1
        first += 1


@micropython.viper
def overlap_short(p: ptr32, high: ptr32, past: ptr32, out: ptr32, wide: ptr8, window: ptr32, work: ptr32, first: int, last: int, up: int):
    """Window the three short blocks of each subband (2.4.3.4.10.3, block type 2), put them side by side, overlap. `work`: 36 cells.

    Lines and products round down. Under the three values of the window that are positive that adds up to 0.8 on average, under the others it does not;
    `work` begins with it: in all subbands alike it would come out as a peak.
    """
    up3 = up + 3
    up5 = up + 5
    up13 = up + 13
    up15 = up + 15
    a = ptr32(int(p) + 72 * first)
    h = ptr32(int(high) + 72 * first)
    v = ptr32(int(past) + 72 * first)
    o = ptr32(int(out) + 4 * first)
    while first < last:
        z = work
        m = 6
        while m:
            m -= 1
            y = 28 >> m & 1
            z[0] = y
            z[1] = y
            z[2] = y
            z[3] = 0
            z[4] = 0
            z[5] = 0
            z = ptr32(int(z) + 24)
        z = work
        block = 3
        while block:
            block -= 1
            t = window
            r = ptr32(int(window) + 36)
            falling = ptr32(int(z) + 56)
            rising = ptr32(int(z) + 60)
            m = 0
            while m < 6:
                y = (h[0] << up >> up3) + (a[0] << up >> up15)
                low = y & 8191
                y = y >> 13
                if m == 3:
                    rising = ptr32(int(z) + 24)
                    r = window
                falling[0] = falling[0] + ((y * t[3] + (low * t[3] << up >> up13) << up) >> up5)
                rising[0] = rising[0] + ((y * r[0] + (low * r[0] << up >> up13) << up) >> up5)
                falling = ptr32(int(falling) - 4)
                rising = ptr32(int(rising) + 4)
                t = ptr32(int(t) + 4)
                r = ptr32(int(r) + 4)
                h = ptr32(int(h) + 12)
                a = ptr32(int(a) + 12)
                m += 1
            z = ptr32(int(z) + 24)
            h = ptr32(int(h) - 68)
            a = ptr32(int(a) - 68)
        h = ptr32(int(h) + 60)
        a = ptr32(int(a) + 60)
        old = wide[first]
        wide[first] = 1
        z = work
        q = o
        m = 18
        while m:
            m -= 1
            x = v[0]
            if old == 0:
                x = x << up >> up15
            q[0] = x + z[0]
            v[0] = z[18]
            v = ptr32(int(v) + 4)
            q = ptr32(int(q) + 128)
            z = ptr32(int(z) + 4)
        o = ptr32(int(o) + 4)
        first += 1


@micropython.viper
def finish(out: ptr32, levels: ptr32, first: int):
    """Silence in the subbands from `first` on; every odd sample of every odd subband changes its sign (2.4.3.4.10.5). Clears the 33 `levels`."""
    slot = 0
    while slot < 33:
        levels[slot] = 0
        slot += 1
    slot = 18
    while slot:
        slot -= 1
        k = first
        while k < 32:
            out[k] = 0
            k += 1
        out = ptr32(int(out) + 128)
    out = ptr32(int(out) - 2172)
    slot = 9
    while slot:
        slot -= 1
        k = 4
        while k:
            k -= 1
            out[0] = 0 - out[0]
            out[2] = 0 - out[2]
            out[4] = 0 - out[4]
            out[6] = 0 - out[6]
            out = ptr32(int(out) + 32)
        out = ptr32(int(out) + 128)


@micropython.viper
def add(target: ptr32, source: ptr32, n: int):
    """Add `n` cells."""
    while n > 0:
        target[0] = target[0] + source[0]
        target = ptr32(int(target) + 4)
        source = ptr32(int(source) + 4)
        n -= 1


@micropython.viper
def widen(past: ptr32, wide: ptr8, n: int, up: int):
    """Bring the second halves of `n` subbands to Q.20."""
    up15 = up + 15
    k = 0
    while k < n:
        if wide[k] == 0:
            wide[k] = 1
            i = 18 * k
            while i < 18 * k + 18:
                past[i] = past[i] << up >> up15
                i += 1
        k += 1


@micropython.viper
def clear(cells: ptr32, n: int):
    """Make `n` cells 0."""
    while n:
        n -= 1
        cells[n] = 0


@micropython.viper
def move(target: ptr8, at: int, source: ptr8, start: int, n: int):
    """Copy `n` bytes forwards; within one buffer only to lower places. The caller has bounded both ranges."""
    target = ptr8(int(target) + at)
    source = ptr8(int(source) + start)
    while n >= 8:
        target[0] = source[0]
        target[1] = source[1]
        target[2] = source[2]
        target[3] = source[3]
        target[4] = source[4]
        target[5] = source[5]
        target[6] = source[6]
        target[7] = source[7]
        target = ptr8(int(target) + 8)
        source = ptr8(int(source) + 8)
        n -= 8
    i = 0
    while i < n:
        target[i] = source[i]
        i += 1
