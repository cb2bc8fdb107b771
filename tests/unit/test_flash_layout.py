"""What a board still lacks: found by digests alone, and enough of it, whatever stood there before."""

import hashlib
import random

from boards_support import image, kind
from hypothesis import given, settings
from hypothesis import strategies as st

from loa.flash.layout import PIECE, Stretch, changes, partition_stretches, runtime_stretches
from loa.sim.hardware import partitions

_SECTOR = 4096


class _Flash:
    """A chip by its rules: erased to ones, written sector by sector."""

    def __init__(self, cells: bytes) -> None:
        self.cells = bytearray(cells)
        self.asked = 0

    def md5(self, address: int, size: int) -> str:
        self.asked += 1
        return hashlib.md5(self.cells[address : address + size]).hexdigest()

    def obey(self, change) -> None:
        assert change.address % _SECTOR == 0 and change.size % _SECTOR == 0
        self.cells[change.address : change.address + change.size] = change.data or b"\xff" * change.size


@st.composite
def _stretch(draw):
    """Some sectors, blank or not, at any sector."""
    kinds = draw(st.lists(st.sampled_from([None, 1, 2]), min_size=1, max_size=40))
    data = b"".join(b"\xff" * _SECTOR if one is None else random.Random(one).randbytes(_SECTOR) for one in kinds)
    return Stretch("any", draw(st.integers(0, 60)) * _SECTOR, data)


@settings(max_examples=150, deadline=None)
@given(_stretch(), st.sampled_from(["blank", "noise", "half of it"]))
def test_whatever_stood_there_the_stretch_stands_there_afterwards_and_nothing_else_changed(stretch, old):
    size = 128 * _SECTOR
    flash = _Flash(b"\xff" * size if old == "blank" else random.Random(3).randbytes(size))
    if old == "half of it":
        half = len(stretch.data) // 2
        flash.cells[stretch.address : stretch.address + half] = stretch.data[:half]
    before = bytes(flash.cells)
    for _, needed in changes([stretch], flash.md5):
        for change in needed:
            flash.obey(change)
    end = stretch.address + len(stretch.data)
    assert flash.cells == before[: stretch.address] + stretch.data + before[end:]
    assert all(not needed for _, needed in changes([stretch], flash.md5))


@settings(max_examples=60, deadline=None)
@given(_stretch(), st.integers(0, 10))
def test_interrupted_anywhere_only_what_is_missing_is_written_again(stretch, done):
    flash = _Flash(b"\x00" * 128 * _SECTOR)
    pieces = [change for _, needed in changes([stretch], flash.md5) for change in needed]
    for change in pieces[:done]:
        flash.obey(change)
    rest = [change for _, needed in changes([stretch], flash.md5) for change in needed]
    assert sum(change.size for change in rest) <= sum(change.size for change in pieces[done:])


def test_an_equal_stretch_costs_one_question():
    stretch = Stretch("any", 0, bytes(20 * PIECE))
    flash = _Flash(bytes(20 * PIECE))
    assert list(changes([stretch], flash.md5)) == [(stretch, [])]
    assert flash.asked == 1


def test_a_runtime_goes_where_the_board_has_it_with_our_partition_table(tmp_path):
    found = {one.name: one for one in runtime_stretches(kind(), image(tmp_path))}
    assert found["boot loader"].address == 0x1000
    assert [entry.label for entry in partitions.unpack(found["partition table"].data)] == [one.label for one in kind().partitions]
    assert found["factory"].address == kind().partition("factory").address


def test_partitions_are_filled_to_their_end_and_raw_ones_blank():
    stretches = partition_stretches(kind(), {"vfs": b"abc"}, ["journal"])
    assert [(one.name, len(one.data), one.data[:3]) for one in stretches] == [("vfs", 131072, b"abc"), ("journal", 65536, b"\xff\xff\xff")]
