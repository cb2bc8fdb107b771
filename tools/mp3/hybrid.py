"""Writes the kernels of the hybrid filterbank that are unrolled, `imdct.py`, and the tables of the others."""

import math

FRACTION = 15  # bits of a constant

# Of C and S, and of short blocks: with them cosines, and the factors behind them that make the scales good, come out nearest to whole numbers.
LONG_SCALE = 27706 / 32768
SHORT_SCALE = 26301 / 32768
ROTATION = 17  # bits of a factor behind

HEAD = '''"""The inverse MDCT of 18 or 6 lines (ISO/IEC 11172-3, 2.4.3.4.10.3) up to its rotation; written by tools/mp3/make.py.

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
'''

SHORT = '''

@micropython.viper
def dct_short(a: int, p: ptr32, first: int, last: int):
    """The 6-point DCT-IV of each of three windows in the subbands `first` to `last` (excluded): line X[k] of window w at p[3k + w] becomes y[k], Q.36.

    All are scaled, which the window makes good.
    """
    p = ptr32(int(p) + 72 * first)
'''


def number(value: float, scale: int = 1 << FRACTION) -> int:
    return round(value * scale)


def chain(target: str, products: list[tuple[int, float]], start: str = "") -> list[str]:
    """Code for a sum of products of the cells of `p`."""
    lines = []
    for cell, value in products:
        lines.append(f"{target} = p[{cell}] * {number(value)}{start}")
        start = f" + {target}"
    return lines


def nine(cells: list[int], function, parity: int, outputs: list[int]) -> list[str]:  # type: ignore[no-untyped-def]
    """Sums over j of p[cells[j]] function(pi j (2m + 1) / 18), m = 0..8; j of one parity are symmetric about m = 4, the others antisymmetric."""
    lines = []

    def value(j: int, m: int) -> float:
        result: float = LONG_SCALE * function(math.pi * j * (2 * m + 1) / 18)
        return result

    even = [j for j in range(10) if j % 2 == parity and cells[j] >= 0]
    odd = [j for j in range(10) if j % 2 != parity and cells[j] >= 0]
    for m in range(5):
        lines += chain("a", [(cells[j], value(j, m)) for j in even if abs(value(j, m)) > 1e-9], f" + {_HALF}")
        lines.append(f"e{m} = a")
    for m in range(4):
        lines += chain("a", [(cells[j], value(j, m)) for j in odd if abs(value(j, m)) > 1e-9])
        lines.append(f"o{m} = a")
    for m in range(4):
        lines += [f"a = o{m}", f"p[{outputs[m]}] = e{m} + a", f"p[{outputs[8 - m]}] = e{m} - a"]
    lines.append(f"p[{outputs[4]}] = e4")
    return lines


_HALF = 1 << FRACTION - 1  # so that the shift behind a sum rounds
COSINES = list(range(0, 18, 2))  # where C[m] lies
SINES = list(range(1, 19, 2))  # where S[m] lies


def dct_long_lines() -> list[str]:
    lines = []
    for j in range(1, 9):
        lines += [f"a = p[{2 * j}]", f"p[{2 * j}] = p[{2 * j - 1}] + a", f"p[{2 * j - 1}] = p[{2 * j - 1}] - a"]
    lines += nine([2 * j for j in range(9)] + [-1], math.cos, 0, COSINES)
    lines += nine([-1] + [2 * j - 1 for j in range(1, 10)], math.sin, 1, SINES)
    return lines


def window_long(kind: int, i: int) -> float:
    """The window of block type 0, 1 or 3 (2.4.3.4.10.3)."""
    if kind == 3:
        return window_long(1, 35 - i)
    if kind == 0 or i < 18:
        return math.sin(math.pi / 36 * (i + 0.5))
    return 1.0 if i < 24 else math.sin(math.pi / 12 * (i - 18 + 0.5)) if i < 30 else 0.0


def rotations(kind: int, m: int) -> list[tuple[int, float, float]]:
    """(place of 36, factor of C[m], factor of S[m]) of the four outputs that come from m."""
    t = math.pi * (2 * m + 1) / 72
    late, early = (math.sin(t), -math.cos(t)), (math.cos(t), math.sin(t))
    result = []
    for place, sign, (c, s) in ((8 - m, 1, late), (9 + m, -1, late), (26 - m, -1, early), (27 + m, -1, early)):
        w = sign * window_long(kind, place)
        result.append((place, w * c / LONG_SCALE, w * s / LONG_SCALE))
    return result


def dct_short_lines() -> list[str]:
    lines = ["w = 3", "while w:", "    w -= 1"]
    for m in range(6):
        lines += [
            "    " + line
            for line in chain("a", [(3 * k, SHORT_SCALE * math.cos(math.pi / 24 * (2 * m + 1) * (2 * k + 1))) for k in range(6)])
        ]
        lines.append(f"    y{m} = a")
    lines += [f"    p[{3 * m}] = y{m}" for m in range(6)]
    lines += ["    p = ptr32(int(p) + 4)", "p = ptr32(int(p) + 60)", "first += 1"]
    return lines


def indented(lines: list[str], depth: int) -> str:
    return "".join("    " * depth + line + "\n" for line in lines)


def imdct_module() -> str:
    return (
        HEAD
        + "    while first < last:\n        if flags[first] & flag:\n"
        + indented(dct_long_lines(), 3)
        + indented(["first += 1", "p = ptr32(int(p) + 72)"], 2)
        + SHORT
        + "    while first < last:\n"
        + indented(dct_short_lines(), 2)
    )


def long_table() -> list[int]:
    """For block types 0, 1 and 3 the 9 times 4 pairs of factors of C and S, Q2.17, in the order of `rotations`."""
    return [number(value, 1 << ROTATION) for kind in (0, 1, 3) for m in range(9) for _, c, s in rotations(kind, m) for value in (c, s)]


def quiet_table() -> list[int]:
    """The 9 times 4 pairs for block type 0, Q1.14."""
    return [number(value, 1 << 14) for m in range(9) for _, c, s in rotations(0, m) for value in (c, s)]


def short_table() -> list[int]:
    """The window of short blocks with the signs that lines have in it, 12 values of Q2.17."""
    return [number((1 if i < 3 else -1) * math.sin(math.pi / 12 * (i + 0.5)) / SHORT_SCALE, 1 << ROTATION) for i in range(12)]
