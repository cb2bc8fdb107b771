"""From the sums of the synthesis window, Q5.26, to what is asked for: int16, or int32 of Q7.24."""

import micropython


@micropython.viper
def to_int16(x: int, p: ptr32, start: int, out: ptr16, at: int, frames: int, up: int):
    """Round `frames` samples of `p` from `start` on to int16, half up, saturated; into `out` from `at` on. `x`: anything.

    Reads up to three samples more than it writes.
    """
    up11 = up + 11
    p = ptr32(int(p) + 4 * start)
    out = ptr16(int(out) + 2 * at)
    a = 0
    b = 0
    c = 0
    while frames > 0:
        a = p[0] + 1024 << up >> up11
        b = p[1] + 1024 << up >> up11
        c = p[2] + 1024 << up >> up11
        x = p[3] + 1024 << up >> up11
        if (a + 32768 | b + 32768 | c + 32768 | x + 32768) & -65536:
            if a + 32768 & -65536:
                a = a >> 31 ^ 32767
            if b + 32768 & -65536:
                b = b >> 31 ^ 32767
            if c + 32768 & -65536:
                c = c >> 31 ^ 32767
            if x + 32768 & -65536:
                x = x >> 31 ^ 32767
        out[0] = a
        if frames < 4:
            if frames > 1:
                out[1] = b
                if frames > 2:
                    out[2] = c
            break
        out[1] = b
        out[2] = c
        out[3] = x
        p = ptr32(int(p) + 16)
        out = ptr16(int(out) + 8)
        frames -= 4


@micropython.viper
def interleave(left: ptr32, right: ptr32, start: int, target: ptr32, frames: int):
    """`frames` pairs of the two from `start` on into `target`."""
    i = 0
    while i < frames:
        target[2 * i] = left[start + i]
        target[2 * i + 1] = right[start + i]
        i += 1


@micropython.viper
def to_int32(source: ptr32, start: int, out: ptr32, at: int, frames: int, step: int, up: int):
    """Samples of `source` from `start` on in Q7.24, every `step`-th cell of `out` from `at` on."""
    up2 = up + 2
    frames += start
    while start < frames:
        out[at] = source[start] << up >> up2
        at += step
        start += 1


@micropython.viper
def limit(p: ptr32, most: int, n: int, up: int) -> int:
    """Clip `n` samples to magnitudes of at most `most`, by which no step comes in; returns what the largest magnitude was."""
    largest = 0
    while n:
        x = p[0] << up >> up
        y = x
        if y < 0:
            y = 0 - y
        if y > largest:
            largest = y
        if y > most:
            if x < 0:
                p[0] = 0 - most
            else:
                p[0] = most
        p = ptr32(int(p) + 4)
        n -= 1
    return largest
