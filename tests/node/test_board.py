"""The board's output: made with the pins that it was given, and only where IDF has room for it."""

from errno import ENOMEM

import machine

from node.board import Board

RING = 8_192
PINS = {"unit": 0, "sck": 26, "ws": 22, "sd": 21}


class Wired(Board):
    """A board of which only the output is there. `free`: bytes of IDF's memory."""

    def __init__(self, *free):
        self.free = free
        self.fitted = self
        self.routed = []
        self._i2s = PINS

    def idf_heap(self):
        return [(20_000, free, free, free) for free in self.free]

    def route_master_clock(self, unit):
        self.routed.append(unit)


def test_the_output_is_made_where_idf_has_room_for_the_ring_and_what_copies_into_it():
    board = Wired(RING, 4_096)
    i2s = board.i2s(24_000, RING)
    assert isinstance(i2s, machine.I2S) and board.routed == [0]
    i2s.deinit()


def test_without_room_the_driver_is_not_even_asked():
    board = Wired(RING, 4_095)
    try:
        board.i2s(24_000, RING)
    except OSError as error:
        assert error.args[0] == ENOMEM and not board.routed
        return
    raise AssertionError("made")
