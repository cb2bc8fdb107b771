"""Learns the code tables of Layer III from FFmpeg by experiment and writes huffman.json: `python -m tests.mp3.learn_huffman`.

For the writer of test streams to share no table with the decoder under test: a bit pattern is put where one pair (or quadruple) of values is
coded, FFmpeg decodes it, and the values are read off the sound. A prefix is a whole code when it decodes to the same values before all zeros and
before all ones, since no values have two codes. Signs and escape bits follow the code and are not part of it.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tests.mp3.header import MONO, MPEG1, Header
from tests.mp3.judge import decode_stream
from tests.mp3.pack import pack
from tests.mp3.side import Granule, Side

PAIR_TABLES = (1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 16, 24)
PLACE = Path(__file__).with_name("huffman.json")

_HEADER = Header(MPEG1, 44100, 320, MONO)
_GAIN = 150
_LINES = 96  # that a query can reach
_FILL = 40  # bits behind a prefix: more than the longest code, signs and escapes
_FRAMES = 2  # between queries, for the sound of one to be over
_LAG = 1152 * _FRAMES


def _sounds(queries: Sequence[tuple[Granule, str]]) -> NDArray[np.float64]:
    """What each granule sounds like, one row a query; the bits are its part 3."""
    pieces = []
    for granule, bits in queries:
        granule.part2_3_length = len(bits)
        granule.global_gain = _GAIN
        for number in range(_FRAMES):
            first = granule if number == 0 else Granule()
            main = int(bits + "0" * (-len(bits) % 8), 2).to_bytes((len(bits) + 7) // 8, "big") if number == 0 else b""
            pieces.append((_HEADER, Side(granules=[[first], [Granule()]]), main))
    return decode_stream(pack(pieces, reservoir=False))[0].reshape(len(queries), _LAG)


def _quads(bits: str, table: int) -> tuple[Granule, str]:
    return Granule(big_values=0, count1_table=table), bits


def _pair(bits: str, table: int) -> tuple[Granule, str]:
    return Granule(big_values=1, tables=(table, table, table), count1_table=1), bits


def _responses() -> NDArray[np.float64]:
    """The sound of each line alone with the value 1, by table B, whose codes are the four values inverted."""
    queries = []
    for line in range(_LINES):
        quads = ["1111"] * (line // 4) + ["".join("0" if line % 4 == place else "1" for place in range(4)) + "0"]
        queries.append(_quads("".join(quads), 1))
    return _sounds(queries)


class _Reader:
    """Reads the values of the first lines off the sounds."""

    def __init__(self) -> None:
        self._inverse = np.linalg.pinv(_responses())

    def values(self, sounds: NDArray[np.float64], count: int) -> list[tuple[int, ...]]:
        lines = np.abs(sounds @ self._inverse)[:, :count] ** 0.75
        assert np.all(np.abs(lines - np.rint(lines)) < 0.02), "the sound is not that of whole values"
        return [tuple(int(min(value, 15)) for value in np.rint(row)) for row in lines]


def learn(reader: _Reader, table: int, count: int) -> dict[tuple[int, ...], str]:
    """Code of each pair (`count` 2) or quadruple (4) of magnitudes in a table."""
    query = _pair if count == 2 else _quads
    codes: dict[tuple[int, ...], str] = {}
    prefixes = [""]
    while prefixes:
        queries = [query(prefix + fill * (_FILL - len(prefix)), table) for prefix in prefixes for fill in "01"]
        values = reader.values(_sounds(queries), count)
        longer = []
        for number, prefix in enumerate(prefixes):
            if values[2 * number] == values[2 * number + 1]:
                codes[values[2 * number]] = prefix
            else:
                longer += [prefix + "0", prefix + "1"]
        prefixes = longer
    return codes


def main() -> None:
    reader = _Reader()
    found = {}
    for name, table, count in [*((str(table), table, 2) for table in PAIR_TABLES), ("A", 0, 4)]:
        codes = learn(reader, table, count)
        size = round(len(codes) ** (1 / count))
        assert len(codes) == size**count, f"table {name} has {len(codes)} codes"
        assert sum(2.0 ** -len(code) for code in codes.values()) == 1.0, f"table {name} is no whole tree"
        found[name] = " ".join(codes[values] for values in sorted(codes))
    lines = ",\n".join(f' "{name}": {json.dumps(codes)}' for name, codes in found.items())
    PLACE.write_text("{\n" + lines + "\n}\n")


if __name__ == "__main__":
    main()
