"""Writes the two unrolled kernels of the synthesis filterbank, `dct32.py` and `window.py`, line by line."""

import math
import re

from window import window

# A row of the history holds what the window needs of one DCT output X: 33 slots of A, 27 of H and 27 of L (see `layout` below).
COARSE, HIGH, LOW, ROW = 0, 33, 60, 87
SLOTS = 18
COARSE_PAST, FINE_PAST = 15, 9
CENTRE = (6, 7, 8, 9)  # ages of the taps that are large

DCT_HEAD = '''"""The matrixing of the synthesis filterbank (ISO/IEC 11172-3, 2.4.3.2.2) as a 32-point DCT-II after Lee; written by tools/mp3/make.py.

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
    shift = 0
    coarse = up + 5
    high = up + 10
    i = 0
    loud = 0
    if total > 85000:
        loud = 1
    slots = 18
    while slots:
        slots -= 1
'''

WINDOW_HEAD = '''"""Windowing and summing of the synthesis filterbank (ISO/IEC 11172-3, 2.4.3.2.2); written by tools/mp3/make.py.

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
'''

# The factors 1 / (2 cos (pi (2k + 1) / (2 size))) of each stage: fraction bits, the constant of so many, and perhaps a power of two by which a product is
# corrected (18: plus 2**-18, -18: minus, of what the constant gives). Errors of a factor are amplified by the stages behind it, or made good by
# theirs, so they were chosen together: for the fewest instructions in all, what comes in as one subband has an error below 5.6e-6 of it. A shift
# behind a product is one instruction, a correction two, and stages of few values are gone through often.
_FACTORS = {
    32: (
        *((17, 65615), (17, 66253), (19, 270242), (19, 278419), (15, 18124), (19, 305625), (19, 326371), (19, 353794)),
        *((15, 24397), (19, 440061), (15, 31869), (15, 38320), (15, 48633), (17, 269717), (14, 55830), (15, 333906)),
    ),
    16: (
        *((18, 131706, 15), (18, 136970), (18, 148621), (15, 21195)),
        *((17, 103305), (17, 139025), (15, 56441), (14, 83577)),
    ),
    8: ((15, 16705), (15, 19705, -18), (16, 58981), (14, 41991)),
    4: ((16, 35468, -18), (15, 42814, -16)),
    2: ((16, 46341),),
}


def factor(size: int, k: int) -> float:
    """What `product` multiplies with."""
    bits, constant, *correction = _FACTORS[size][k]
    shift = bits - _low_bits(bits, constant)
    return constant / (1 << bits) + sum(math.copysign(2.0 ** -(abs(power) + shift), power) for power in correction)


def _low_bits(bits: int, constant: int) -> int:
    """How many lower bits of `a` are multiplied apart: their product stays below 2**31."""
    return max(n for n in range(min(bits, 15) + 1) if ((1 << n) - 1) * constant < 1 << 31)


def product(size: int, k: int) -> tuple[str, float]:
    """Code for `a` times a factor, and by how much it rounds down on average: the upper bits of `a` and the lower ones apart."""
    bits, constant, *correction = _FACTORS[size][k]
    low = _low_bits(bits, constant)
    shift = bits - low
    code = f"(a << up >> up{low}) * {constant} + ((a & {(1 << low) - 1}) * {constant} >> {low})"
    for power in correction:
        code += f" {'+' if power > 0 else '-'} (a << up >> up{abs(power)})"
    return (f"{code} >> {shift}" if shift else code), 0.5 + sum(math.copysign(0.5 / (1 << shift), power) for power in correction)


class _Block:
    """Code for the DCT-II of `size` values at s[0..], in place; `outputs[n]` is where X[n] or -X[n] lies and the sign it has there."""

    def __init__(self, size: int) -> None:
        self.lines: list[str] = []
        self.outputs = [(0, 1)]
        self.factors: list[float] = []
        self.losses: list[float] = []  # by which each product rounds down on average
        self.part: _Block | None = None
        if size > 1:
            self._butterflies(size)
            self.part = _Block(size // 2)
            self._parts(size, self.part)
            self._join(size // 2, self.part.outputs)

    def mean_error(self, errors: list[float]) -> list[float]:
        """The mean error of X[n] for all n, where those of what comes in are `errors`."""
        if self.part is None:
            return errors
        half = len(errors) // 2
        mirrored = errors[::-1]
        sums = [errors[k] + mirrored[k] for k in range(half)]
        differences = [(errors[k] - mirrored[k]) * self.factors[k] - self.losses[k] for k in range(half)]
        even = self.part.mean_error(sums)
        # The second half lies reversed, so that its odd outputs are negated.
        odd = [value * (-1) ** n for n, value in enumerate(self.part.mean_error(differences[::-1]))]
        joined = [odd[n] + (odd[n + 1] if n + 1 < half else 0.0) for n in range(half)]
        return [value for pair in zip(even, joined, strict=True) for value in pair]

    def _butterflies(self, size: int) -> None:
        """Sums stay, differences over 2 cos go to the mirrored place: the second half is reversed, which negates its odd outputs."""
        for k in range(size // 2):
            low, high = k, size - 1 - k
            self.lines += [f"a = s[{low}]", f"s[{low}] = a + s[{high}]", f"a -= s[{high}]"]
            self.factors.append(factor(size, k))
            code, loss = product(size, k)
            self.lines.append(f"s[{high}] = {code}")
            self.losses.append(loss)

    def _parts(self, size: int, part: "_Block") -> None:
        half = size // 2
        if half in _LOOPED:
            count = _LOOPED[half]
            self.lines += [f"{count} = 2", f"while {count}:", f"    {count} -= 1"] + ["    " + line for line in part.lines]
            self.lines += [f"    s = ptr32(int(s) + {4 * half})", f"s = ptr32(int(s) - {4 * size})"]
        elif half > 1:
            shifted = [re.sub(r"s\[(\d+)\]", lambda match: f"s[{int(match.group(1)) + half}]", line) for line in part.lines]
            self.lines += part.lines + shifted

    def _join(self, half: int, outputs: list[tuple[int, int]]) -> None:
        """X[2n] = G[n], X[2n + 1] = H[n] + H[n + 1]."""
        joined = []
        for n, (place, sign) in enumerate(outputs):
            joined.append((place, sign))
            sign *= (-1) ** n
            if n + 1 < half:
                next_place, next_sign = outputs[n + 1]
                operator = "+" if sign == next_sign * (-1) ** (n + 1) else "-"
                self.lines.append(f"s[{half + place}] = s[{half + place}] {operator} s[{half + next_place}]")
            joined.append((half + place, sign))
        self.outputs = joined


_LOOPED = {16: "halves", 8: "quarters"}  # sizes of parts that are done in a loop, and its counter
DCT = _Block(32)


def dct32_lines() -> list[str]:
    lines = ["if loud:", "    a = 262145", "    while a > 262144:", "        a = 0", "        i = 0", "        while i < 32:"]
    lines += [
        "            t = s[i] << up >> up",
        "            if t < 0:",
        "                t = 0 - t",
        "            a += t >> 5",
        "            i += 1",
    ]
    lines += ["        if a > 262144:", "            i = 0", "            while i < 32:"]
    lines += ["                s[i] = s[i] << up >> up1", "                i += 1"]
    lines += DCT.lines
    lines += [
        "if loud:",
        "    i = 0",
        "    while i < 32:",
        "        a = s[i] << up >> up",
        "        if a > 2726296:",
        "            s[i] = 2726296",
    ]
    lines += ["        elif a < -2726296:", "            s[i] = -2726296", "        i += 1"]
    lines += ["row = rows", "i = 16", "while i:", "    i -= 1"]
    for cell in (0, 1):
        base = cell * ROW
        lines += [
            f"    a = s[{cell}]",
            f"    row[{base + LOW + FINE_PAST}] = a & 1023",
            "    a = a << up",
            f"    row[{base + COARSE + COARSE_PAST}] = a >> coarse",
            f"    row[{base + HIGH + FINE_PAST}] = a >> high",
        ]
    lines += [f"    row = ptr32(int(row) + {2 * ROW * 4})", "    s = ptr32(int(s) + 8)"]
    lines += ["rows = ptr32(int(rows) + 4)"]
    return lines


def dct32_module() -> str:
    bits = sorted({int(match) for line in DCT.lines for match in re.findall(r">> up(\d+)", line)})
    head = DCT_HEAD.replace("    shift = 0\n", "    up1 = up + 1\n" + "".join(f"    up{n} = up + {n}\n" for n in bits))
    return head + "".join(f"        {line}\n" for line in dct32_lines())


def rows_of(sample: int) -> tuple[int, int]:
    """n of the rows X[n] for the taps of even and of odd age: X[16 + j] and X[16 - j] for samples j and 32 - j."""
    j = min(sample, 32 - sample)
    return 16 + j if j < 16 else 16, 16 if sample == 0 else 16 - j


def taps(sample: int) -> list[int]:
    """The window value of the tap of each age, with the sign that X has in its row: V[j] is X[16 + j], or -X[48 - j] beyond j = 16, V[32 + j] is
    -X[|16 - j|]."""
    values = [window()[sample + 32 * age] for age in range(16)]
    near, far = rows_of(sample)
    even = 0 if sample == 16 else (1 if sample < 16 else -1) * DCT.outputs[near][1]
    odd = -DCT.outputs[far][1]
    return [value * (odd if age % 2 else even) for age, value in enumerate(values)]


OUTER = [age for age in (*range(0, 16, 2), *range(1, 16, 2)) if age not in CENTRE]  # in this order: even ones first
LOWS = [age for age in (*range(1, 16, 2), *range(0, 16, 2)) if age in CENTRE]  # odd ones first, where the pointer is already
HIGHS = LOWS[::-1]
TOGETHER = 2  # slots in one round of the loop
SAMPLE_CELLS = 4 + len(OUTER) + len(LOWS)


def window_table() -> list[int]:
    """For each sample: where its rows are, in bytes; what is added for A and for L; the window values in the order in which the kernel uses them."""
    table = []
    for sample in range(32):
        values = taps(sample)
        near, far = (DCT.outputs[n][0] * ROW * 4 for n in rows_of(sample))
        coarse = sum(values[age] for age in OUTER) // 2
        table += [near, far, coarse, 512 - round(mean_error(sample))]
        table += [values[age] for age in OUTER] + [values[age] for age in LOWS]
    return table


def window_lines() -> list[str]:
    """One sample of all slots. Its window values lie on the stack, where a product finds them as fast as constants in the code."""
    names = [f"d{position}" for position in range(len(OUTER) + len(LOWS))]
    lines = ["near = ptr32(int(rows) + d[0])", "far = ptr32(int(rows) + d[1])", "coarse = d[2]", "fine = d[3]"]
    lines += [f"{name} = d[{4 + position}]" for position, name in enumerate(names)]
    lines += ["q = out", f"slots = {SLOTS // TOGETHER}", "while slots:", "    slots -= 1"]
    for k in range(TOGETHER):
        lines += ["    p = near", "    a = coarse"]
        for position, age in enumerate(OUTER):
            if position == len(OUTER) // 2:
                lines.append("    p = far")
            lines.append(f"    a = p[{COARSE + COARSE_PAST + k - age}] * {names[position]} + a")
        lines += ["    t = a << up >> mid", "    a = fine"]
        for area, ages in ((LOW, LOWS), (HIGH, HIGHS)):
            for position, age in enumerate(ages):
                if position == len(ages) // 2:
                    lines.append(f"    p = {'far' if age % 2 else 'near'}")
                lines.append(f"    a = p[{area + FINE_PAST + k - age}] * {names[len(OUTER) + LOWS.index(age)]} + a")
            if area == LOW:
                lines.append("    a = (a << up >> low) + t")
        lines.append(f"    q[{32 * k}] = a")
    lines += [
        f"    {name} = ptr32(int({name}) + {step})" for name, step in (("near", 4 * TOGETHER), ("far", 4 * TOGETHER), ("q", 128 * TOGETHER))
    ]
    return [*lines, f"d = ptr32(int(d) + {4 * SAMPLE_CELLS})", "out = ptr32(int(out) + 4)", "samples -= 1"]


def mean_error(sample: int) -> float:
    """The mean error that the matrixing leaves in a sample, Q.36."""
    errors = DCT.mean_error([0.0] * 32)
    ends = [errors[n] * DCT.outputs[n][1] for n in rows_of(sample)]
    return sum(value * ends[age % 2] for age, value in enumerate(taps(sample)))


def window_module() -> str:
    body = "".join(f"        {line}\n" for line in window_lines())
    moves = ["    p = rows\n", "    a = 32\n", "    while a:\n", "        a -= 1\n"]
    for area, past in ((COARSE, COARSE_PAST), (HIGH, FINE_PAST), (LOW, FINE_PAST)):
        moves += [f"        p[{area + k}] = p[{area + k + SLOTS}]\n" for k in range(past)]
    return WINDOW_HEAD + body + "".join(moves) + f"        p = ptr32(int(p) + {4 * ROW})\n"
