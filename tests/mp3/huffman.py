"""Codes spectral values by the tables that `learn_huffman` found (ISO 11172-3 table B.7)."""

import functools
import json
from collections.abc import Sequence

from tests.mp3.bits import BitWriter
from tests.mp3.learn_huffman import PLACE

LINBITS = (0,) * 16 + (1, 2, 3, 4, 6, 8, 10, 13, 4, 5, 6, 7, 8, 9, 11, 13)
TABLES = tuple(table for table in range(32) if table not in (4, 14))


@functools.cache
def _codes() -> dict[str, list[str]]:
    return {name: codes.split() for name, codes in json.loads(PLACE.read_text()).items()}


def _table(table: int) -> list[str]:
    return _codes()[str(table if table < 16 else 16 if table < 24 else 24)]


def size(table: int) -> int:
    """One more than the largest magnitude that has a code without escape."""
    return 1 if table == 0 else round(len(_table(table)) ** 0.5)


def largest(table: int) -> int:
    """The largest magnitude that the table can hold."""
    return size(table) - 1 + ((1 << LINBITS[table]) - 1 if LINBITS[table] else 0)


def put_pair(bits: BitWriter, table: int, pair: Sequence[int]) -> None:
    if table == 0:
        if any(pair):
            raise ValueError(f"{pair} in table 0")
        return
    width = size(table)
    first, second = (min(abs(value), width - 1) for value in pair)
    bits.put_text(_table(table)[first * width + second])
    for value in pair:
        if LINBITS[table] and abs(value) >= 15:
            bits.put(abs(value) - 15, LINBITS[table])
        if value:
            bits.put(value < 0, 1)


def put_quad(bits: BitWriter, table: int, quad: Sequence[int]) -> None:
    """`table`: count1table_select, 0 for A and 1 for B."""
    place = sum(abs(value) << 3 - at for at, value in enumerate(quad))
    bits.put_text(f"{15 - place:04b}" if table else _codes()["A"][place])
    for value in quad:
        if value:
            bits.put(value < 0, 1)
