"""Buffers outside of the heap: of zeros, apart from each other, and of the heap where nothing is spare."""

import sys

from loa.sim.esp32.spare_memory import BETWEEN, PIECES, SLOW, addressof, bytearray_at
from node.drivers.spare_memory import SpareMemory

PLACE = {"pieces": PIECES, "slow": SLOW, "between": [region[0] for region in BETWEEN]}
(FIRST, BYTES), (SECOND, MORE), (THIRD, MOST) = PIECES


def at(buffer, address, size):
    """Whether a buffer is the memory there; changes it."""
    buffer[0] ^= 0xFF
    buffer[-1] ^= 0xFF
    return len(buffer) == size and bytes(buffer) == bytes(bytearray_at(address, size))


def test_buffers_lie_one_behind_the_other_at_words_and_are_zeros():
    memory = SpareMemory(PLACE, BETWEEN)
    one, two = memory.take(1024), memory.spare(3)
    assert one == bytearray(1024) and two == bytearray(3)
    two[:] = b"abc"
    assert one == bytearray(1024)
    assert at(one, FIRST, 1024) and at(two, FIRST + 1024, 3)
    assert at(memory.spare(1), FIRST + 1028, 1)


def test_what_no_longer_fits_is_of_another_piece_and_then_of_the_heap():
    memory = SpareMemory(PLACE, BETWEEN)
    assert memory.spare(MOST + 1) is None
    assert memory.take(MOST + 1) == bytearray(MOST + 1)
    assert at(memory.spare(BYTES - 4), FIRST, BYTES - 4)
    assert at(memory.spare(5), SECOND, 5)
    assert at(memory.spare(1), FIRST + BYTES - 4, 1)
    assert at(memory.spare(MOST), THIRD, MOST)
    assert at(memory.spare(MORE - 8), SECOND + 8, MORE - 8)
    assert memory.spare(1) is None and memory.take(1) == bytearray(1)


def test_what_was_taken_is_held_and_nothing_else():
    if sys.implementation.name != "micropython":
        return  # no memory has an address
    memory = SpareMemory(PLACE, BETWEEN)
    first = addressof(bytearray_at(FIRST, 1))
    assert not memory.holds(first)
    assert addressof(memory.spare(9)) == first
    assert [memory.holds(first + at) for at in (-1, 0, 8, 12)] == [False, True, True, False]
    assert not memory.holds(addressof(bytearray_at(SECOND, 1))) and not memory.holds(0)


def test_what_is_slow_is_apart():
    memory = SpareMemory(PLACE, BETWEEN, "slow")
    (first, size), (second, more) = SLOW
    assert at(memory.spare(size), first, size) and at(memory.spare(more), second, more) and memory.spare(1) is None


def test_nothing_is_spare_where_the_board_names_none_or_the_heap_of_idf_lies_otherwise():
    for place, regions in ((None, BETWEEN), (PLACE, BETWEEN[:1]), (PLACE, BETWEEN[1:]), (PLACE, [(226_000, 1, 1, 1)])):
        memory = SpareMemory(place, regions, "slow")
        assert memory.spare(1) is None
        memory = SpareMemory(place, regions)
        assert memory.spare(1) is None and memory.take(2) == bytearray(2)
