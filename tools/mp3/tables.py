"""Writes `tables.py`: the tables of ISO/IEC 11172-3 and 13818-3 and those that a formula gives, as bytes that kernels point into."""

import math
from array import array
from collections.abc import Iterable
from pathlib import Path

from hybrid import long_table, quiet_table, short_table
from synthesis import window_table

WORDS = Path(__file__).with_name("huffman.txt")

# Table B.8 and 13818-3 table B.2: widths of the scale factor bands; 44100, 48000, 32000, then MPEG-2 and MPEG-2.5 in the same order.
# fmt: off
LONG = {
    44100: (4, 4, 4, 4, 4, 4, 6, 6, 8, 8, 10, 12, 16, 20, 24, 28, 34, 42, 50, 54, 76, 158),
    48000: (4, 4, 4, 4, 4, 4, 6, 6, 6, 8, 10, 12, 16, 18, 22, 28, 34, 40, 46, 54, 54, 192),
    32000: (4, 4, 4, 4, 4, 4, 6, 6, 8, 10, 12, 16, 20, 24, 30, 38, 46, 56, 68, 84, 102, 26),
    22050: (6, 6, 6, 6, 6, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32, 38, 46, 52, 60, 68, 58, 54),
    24000: (6, 6, 6, 6, 6, 6, 8, 10, 12, 14, 16, 18, 22, 26, 32, 38, 46, 54, 62, 70, 76, 36),
    16000: (6, 6, 6, 6, 6, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32, 38, 46, 52, 60, 68, 58, 54),
    11025: (6, 6, 6, 6, 6, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32, 38, 46, 52, 60, 68, 58, 54),
    12000: (6, 6, 6, 6, 6, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32, 38, 46, 52, 60, 68, 58, 54),
    8000: (12, 12, 12, 12, 12, 12, 16, 20, 24, 28, 32, 40, 48, 56, 64, 76, 90, 2, 2, 2, 2, 2),
}
SHORT = {
    44100: (4, 4, 4, 4, 6, 8, 10, 12, 14, 18, 22, 30, 56),
    48000: (4, 4, 4, 4, 6, 6, 10, 12, 14, 16, 20, 26, 66),
    32000: (4, 4, 4, 4, 6, 8, 12, 16, 20, 26, 34, 42, 12),
    22050: (4, 4, 4, 6, 6, 8, 10, 14, 18, 26, 32, 42, 18),
    24000: (4, 4, 4, 6, 8, 10, 12, 14, 18, 24, 32, 44, 12),
    16000: (4, 4, 4, 6, 8, 10, 12, 14, 18, 24, 30, 40, 18),
    11025: (4, 4, 4, 6, 8, 10, 12, 14, 18, 24, 30, 40, 18),
    12000: (4, 4, 4, 6, 8, 10, 12, 14, 18, 24, 30, 40, 18),
    8000: (8, 8, 8, 12, 16, 20, 24, 28, 36, 2, 2, 2, 26),
}
PRETAB = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 3, 2, 0)
SLEN = ((0, 0), (0, 1), (0, 2), (0, 3), (3, 0), (1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3), (3, 1), (3, 2), (3, 3), (4, 2), (4, 3))
# 13818-3, 2.4.3.2: how many scale factors have each of four lengths; long, short, mixed blocks of one of six kinds of coding.
LSF_COUNTS = (
    (6, 5, 5, 5), (9, 9, 9, 9), (6, 9, 9, 9),
    (6, 5, 7, 3), (9, 9, 12, 6), (6, 9, 12, 6),
    (11, 10, 0, 0), (18, 18, 0, 0), (15, 18, 0, 0),
    (7, 7, 7, 0), (12, 12, 12, 0), (6, 15, 12, 0),
    (6, 6, 6, 3), (12, 9, 9, 6), (6, 12, 9, 6),
    (8, 8, 5, 0), (15, 12, 9, 0), (6, 18, 9, 0),
)
LINBITS = (0,) * 16 + (1, 2, 3, 4, 6, 8, 10, 13, 4, 5, 6, 7, 8, 9, 11, 13)
# Layer III bit rates in units of 8 kbit/s, index 1 to 14: MPEG-1, then MPEG-2 and 2.5.
RATES = (4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40), (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 18, 20)
# fmt: on
POWER_SCALE = 60558 / 65536  # with it the four of `quarters` come out nearest to whole numbers
ALIAS = (-0.6, -0.535, -0.33, -0.185, -0.095, -0.041, -0.0142, -0.0037)  # table B.9

ROOT_BITS = 6
NODE_BITS = 4


def cells(kind: str, values: Iterable[int]) -> bytes:
    return array(kind, values).tobytes()


def code_words() -> dict[str, list[str]]:
    """The words of each table of `huffman.txt`, x after x."""
    tables: dict[str, list[str]] = {}
    name = ""
    for line in WORDS.read_text().splitlines():
        if line.startswith("table "):
            name = line.removeprefix("table ")
            tables[name] = []
        elif line and not line.startswith("#"):
            tables[name] += line.split()
    return tables


def tree(words: dict[str, int], entries: list[int], most: int) -> tuple[int, int]:
    """Append the look-up cells for a complete prefix code `words` (word to value) and return where they begin and the bits that select one.

    A cell is bits << 8 | value, where a word ends after `bits` of the bits looked up, or 0x8000 | bits << 12 | place: look up `bits` more there.
    """
    bits = min(most, max(len(word) for word in words))
    start = len(entries)
    entries += [0] * (1 << bits)
    longer: dict[str, dict[str, int]] = {}
    for word, value in words.items():
        if len(word) <= bits:
            first = int(word + "0" * (bits - len(word)), 2)
            for place in range(first, first + (1 << (bits - len(word)))):
                entries[start + place] = len(word) << 8 | value
        else:
            longer.setdefault(word[:bits], {})[word[bits:]] = value
    for prefix, rest in longer.items():
        place, more = tree(rest, entries, NODE_BITS)
        assert place < 1 << 12
        entries[start + int(prefix, 2)] = 0x8000 | more << 12 | place
    return start, bits


def huffman() -> tuple[bytes, bytes]:
    """The look-up cells of all tables, and for each of tables 0 to 31, A and B: bits of the root << 12 | where it begins; 0 for one without words."""
    tables = code_words()
    entries: list[int] = []
    roots: dict[str, int] = {}
    for name, words in tables.items():
        side = 4 if name in "AB" else math.isqrt(len(words))
        values = {word: place if name in "AB" else place // side << 4 | place % side for place, word in enumerate(words)}
        start, bits = tree(values, entries, ROOT_BITS)
        roots[name] = bits << 12 | start
    names = [str(n) if n < 16 else "16" if n < 24 else "24" for n in range(32)] + ["A", "B"]
    return cells("H", entries), cells("H", [roots.get(name, 0) for name in names])


def bands() -> tuple[bytes, bytes]:
    """Widths of bands in the order in which they are sent, 40 a rate, 0 behind the last one; and of short blocks, of mixed blocks the same way.

    Bands of short blocks come as three, one for each window. Mixed blocks have long bands up to line 36 (at 8 kHz 72), then short ones.
    """
    table = b""
    starts = b""
    for rate, long in LONG.items():
        short = [width for width in SHORT[rate] for _ in range(3)]
        count = 8 if rate >= 32000 else 6
        mixed = list(long[:count]) + short[9:]
        assert sum(long) == sum(short) == sum(mixed) == 576, rate
        for widths in (list(long), short, mixed):
            table += bytes(widths) + bytes(40 - len(widths))
    return table, starts


def frames() -> list[int]:
    """Bytes of a frame: 144 (MPEG-1) or 72 times the bit rate over the sample rate, rounded down (2.4.3.1)."""
    result = []
    for rate in LONG:
        units, samples = (RATES[0], 1152) if rate >= 32000 else (RATES[1], 576)
        result += [0] + [samples * unit * 1000 // rate for unit in units] + [0]
    return result


def gains() -> list[int]:
    """n ** (4 / 3) * 2 ** (f / 4) for f = 0..3, n = 0..15, Q6.24."""
    return [round(n ** (4 / 3) * 2 ** (f / 4) * (1 << 24)) for f in range(4) for n in range(16)]


def powers() -> list[int]:
    """n ** (4 / 3) over a scale for n = 0..257, Q11.18."""
    return [round(n ** (4 / 3) / POWER_SCALE * (1 << 18)) for n in range(258)]


def quarters() -> list[int]:
    """2 ** (f / 4) times the scale of `powers` for f = 0..3, Q1.15."""
    return [round(2 ** (f / 4) * POWER_SCALE * (1 << 15)) for f in range(4)]


def alias() -> list[int]:
    return [round(value * (1 << 17)) for c in ALIAS for value in (1 / math.sqrt(1 + c * c), -c / math.sqrt(1 + c * c))]


def intensity() -> list[int]:
    """Q1.15. MPEG-1: left and right for positions 0..6. Then 13818-3: 2 ** (-n / 4) and 2 ** (-n / 2) for n = 0..16, by intensity_scale."""
    result = []
    for position in range(7):
        ratio = math.tan(position * math.pi / 12) if position < 6 else math.inf
        left = ratio / (1 + ratio) if position < 6 else 1.0
        result += [left, 1 - left]
    result += [2 ** (-n / 4) for n in range(17)] + [2 ** (-n / 2) for n in range(17)]
    return [round(value * (1 << 15)) for value in result]


def literal(name: str, content: bytes, comment: str) -> str:
    lines = [f"# {comment}", f"{name} = ("]
    lines += [f"    {content[at : at + 32]!r}" for at in range(0, len(content), 32)]
    return "\n".join(lines) + "\n)\n"


def tables_module() -> str:
    entries, roots = huffman()
    parts = [
        (
            "HUFFMAN",
            entries,
            "uint16 cells of the Huffman trees: bits << 8 | x << 4 | y, or 0x8000 | bits << 12 | place of the cells that follow",
        ),
        ("ROOTS", roots, "uint16 for tables 0..31, A, B: bits << 12 | place of the first cell"),
        ("LINBITS", bytes(LINBITS), "bits that follow an x or y of 15, tables 0..31"),
        ("BANDS", bands()[0], "widths of bands as sent: for each of nine rates 40 for long, 40 for short, 40 for mixed blocks"),
        ("PRETAB", bytes(PRETAB), "table B.6"),
        ("SLEN", bytes(value for pair in SLEN for value in pair), "slen1 and slen2 by scalefac_compress, MPEG-1 (2.4.2.7)"),
        (
            "LSF_COUNTS",
            bytes(value for row in LSF_COUNTS for value in row),
            "13818-3, 2.4.3.2: scale factors of each of four lengths",
        ),
        (
            "FRAMES",
            cells("H", frames()),
            "uint16 bytes of a frame without padding: for each of nine rates 16 bit rates; 0: free format or forbidden",
        ),
        (
            "GAINS",
            cells("i", gains() + quarters()),
            "int32 n ** (4 / 3) * 2 ** (f / 4), f = 0..3, n = 0..15, Q6.24, then 2 ** (f / 4) times a scale, Q1.15",
        ),
        ("POWERS", cells("i", powers()), "int32 n ** (4 / 3) over that scale, n = 0..257, Q11.18"),
        ("ALIAS", cells("i", alias()), "int32 cs and -ca of table B.9, Q1.17"),
        (
            "INTENSITY",
            cells("i", intensity()),
            "int32 Q1.15: left and right for positions 0..6 of MPEG-1, then 2 ** (-n / 4) and 2 ** (-n / 2), n = 0..16",
        ),
        ("ROTATIONS", cells("i", long_table()), "int32 Q2.17: see `hybrid.overlap_wide`, 72 for each of block types 0, 1, 3"),
        ("QUIET_ROTATIONS", cells("i", quiet_table()), "int32 Q1.14: those of block type 0 for `hybrid.overlap_long`"),
        (
            "WINDOW",
            cells("i", window_table()),
            "int32 for `window.window`: for each of 32 samples two offsets, two offsets of sums, 16 values of D, Q1.16",
        ),
        ("SHORT_WINDOW", cells("i", short_table()), "int32 Q2.17: the window of short blocks over the scale of `imdct.dct_short`, signed"),
    ]
    head = (
        '"""Tables of ISO/IEC 11172-3 and 13818-3, and those that a formula gives; written by tools/mp3/make.py.\n\n'
        'Little-endian cells for kernels to point into.\n"""\n\n# fmt: off\n'
    )

    return head + "\n".join(literal(*part) for part in parts)
