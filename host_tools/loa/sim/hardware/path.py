"""The network between a node and the world, as a path profile describes it: when what is sent now arrives, or that it never does.

Knows no sockets and keeps no bytes. Figures are those of profiles.toml: one-way delays in ms, lognormal; loss as a fraction; stalls, during which
nothing arrives; a rate that all connections of a node share, in each direction.
"""

from math import exp

from loa.sim.hardware.lot import Lot

UP, DOWN = 0, 1
BARE = {
    "delay_median": 0,
    "delay_sigma": 0,
    "asymmetry": 0,
    "loss": 0,
    "stalls_per_hour": 0,
    "stall": [0, 0],
    "rate_kbit": 0,  # no limit
}
_SEGMENT_BYTES = 1440  # ESP-IDF's CONFIG_LWIP_TCP_MSS
_REPEAT_US = 200_000  # Linux's TCP_RTO_MIN; doubled each time (RFC 6298, 5.5)
_REPEATS_MAX = 8
_QUEUE_US = 2_000_000  # a datagram that would wait longer for its turn is dropped
_HOUR_US = 3_600_000_000


class Path:
    """One node's way. Times are microseconds of one clock; `began_us`: since when stalls are counted, so that a reboot does not change them."""

    def __init__(self, figures, seed, began_us):
        self.figures = figures
        self._seed = seed
        self._datagrams = Lot(seed, "datagrams")
        self._stalls = Lot(seed, "stalls")
        self._busy_until = [began_us, began_us]
        self._stall_from = self._stall_until = began_us
        self._flows = 0
        self._next_stall(began_us)

    @property
    def bare(self):
        """True if everything arrives at once."""
        figures = self.figures
        return not (figures["delay_median"] or figures["loss"] or figures["rate_kbit"] or figures["stalls_per_hour"])

    def flow(self):
        """A new TCP connection."""
        self._flows += 1
        return Flow(self, Lot(self._seed, "flow", self._flows))

    def datagram(self, direction, octets, now_us):
        """When a datagram arrives, or None if it is lost."""
        lot = self._datagrams
        if lot.fraction() < self.figures["loss"]:
            return None
        if self._busy_until[direction] - now_us > _QUEUE_US:
            return None
        return self.unstalled(self._sent(direction, octets, now_us) + self.delay_us(direction, lot))

    def delay_us(self, direction, lot):
        """One way, without waiting for anything."""
        figures = self.figures
        delay = figures["delay_median"]
        if delay:
            delay *= exp(figures["delay_sigma"] * lot.normal())
        if direction == DOWN:
            delay += figures["asymmetry"]
        return int(delay * 1000)

    def unstalled(self, time_us):
        """`time_us`, or the end of the stall that it falls into."""
        while self.figures["stalls_per_hour"] and time_us >= self._stall_from:
            if time_us < self._stall_until:
                return self._stall_until
            self._next_stall(self._stall_until)
        return time_us

    def _sent(self, direction, octets, now_us):
        """When the last bit has left."""
        begun = max(now_us, self._busy_until[direction])
        rate = self.figures["rate_kbit"]
        ended = begun + (octets * 8_000 // rate if rate else 0)
        self._busy_until[direction] = ended
        return ended

    def _next_stall(self, after_us):
        each_hour = self.figures["stalls_per_hour"]
        if not each_hour:
            return
        low, high = self.figures["stall"]
        self._stall_from = after_us + int(self._stalls.exponential(_HOUR_US / each_hour))
        self._stall_until = self._stall_from + int(self._stalls.between(low, high) * 1000)


class Flow:
    """What TCP makes of the path: bytes keep their order, and a lost segment comes late instead of never."""

    def __init__(self, path, lot):
        self._path = path
        self._lot = lot
        self._arrived = [0, 0]

    def due(self, direction, octets, now_us):
        """When so many bytes, written or sent now, can be read at the other end."""
        path, lot = self._path, self._lot
        due = path._sent(direction, octets, now_us) + path.delay_us(direction, lot)
        for _ in range((octets + _SEGMENT_BYTES - 1) // _SEGMENT_BYTES or 1):
            due += self._repeats_us(lot)
        due = path.unstalled(max(due, self._arrived[direction]))
        self._arrived[direction] = due
        return due

    def opened(self, now_us):
        """When a connection that is asked for now stands, if it is answered: there and back."""
        return self.due(DOWN, 0, self.due(UP, 0, now_us))

    def _repeats_us(self, lot):
        late, wait = 0, _REPEAT_US
        for _ in range(_REPEATS_MAX):
            if lot.fraction() >= self._path.figures["loss"]:
                break
            late += wait
            wait *= 2
        return late
