"""From the sums of the synthesis window, Q5.26, to what is asked for: int16, or int32 of Q7.24."""

import micropython


@micropython.viper
def to_int16(x: int, p: ptr32, start: int, out: ptr16, at: int, frames: int, step: int, up: int):
    """Round `frames` samples of `p` from `start` on to int16, half up, saturated; every `step`-th cell of `out` from `at` on. `x`: anything."""
    up11 = up + 11
    p = ptr32(int(p) + 4 * start)
    out = ptr16(int(out) + 2 * at)
    step = 2 * step
    while frames > 0:
        x = p[0] + 1024 << up >> up11
        if x + 32768 & -65536:
            if x < 0:
                x = -32768
            else:
                x = 32767
        out[0] = x
        p = ptr32(int(p) + 4)
        out = ptr16(int(out) + step)
        frames -= 1


@micropython.viper
def to_int32(source: ptr32, start: int, out: ptr32, at: int, frames: int, step: int, up: int):
    """Samples of `source` from `start` on in Q7.24, every `step`-th cell of `out` from `at` on."""
    up2 = up + 2
    i = 0
    while i < frames:
        out[at] = source[start + i] << up >> up2
        at += step
        i += 1
