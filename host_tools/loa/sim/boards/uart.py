"""The serial wire between a host and a board, as far as time goes: how long bytes take, and whether both ends mean the same rate.

Eight data bits, one start and one stop bit. What the board says waits for the USB adapter's latency before the host sees it; what the host says does not.
"""

import time
from collections.abc import Callable

ROM_BAUD = 115_200
USB_LATENCY_S = 0.004
_BITS = 10
_TOLERANCE = 0.03  # of the rate; beyond it the last bit of a byte is sampled in its neighbour


class Uart:
    """One wire; `pace` is how many times its own time everything takes, 0 for none. Rates are in baud.

    `bytes_sent` counts what the host sent, `round_trips` how often it began to send after the board had answered.
    """

    def __init__(self, pace: float = 1.0, now: Callable[[], float] = time.monotonic) -> None:
        self.host_baud = ROM_BAUD
        self.board_baud = ROM_BAUD
        self.bytes_sent = 0
        self.round_trips = 0
        self._pace = pace
        self._now = now
        self._to_board_free = 0.0
        self._to_host_free = 0.0
        self._answered = True

    @property
    def agrees(self) -> bool:
        """False if what one end sends is noise at the other."""
        return abs(self.host_baud - self.board_baud) <= _TOLERANCE * self.board_baud

    def to_board(self, count: int) -> float:
        """The moment, by `now`, at which so many bytes that the host sends now are at the board."""
        self.bytes_sent += count
        self.round_trips += self._answered
        self._answered = False
        self._to_board_free = max(self._now(), self._to_board_free) + self._pace * count * _BITS / self.host_baud
        return self._to_board_free

    def to_host(self, count: int) -> float:
        """The moment at which so many bytes that the board sends now are the host's."""
        self._answered = True
        self._to_host_free = max(self._now(), self._to_host_free) + self._pace * count * _BITS / self.board_baud
        return self._to_host_free + self._pace * USB_LATENCY_S
