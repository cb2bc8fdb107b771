"""How long a station keeps what was planned, ordered and reported. What is older goes a little at a time, whenever something of its kind comes.

So it costs the same on every day, its file stops growing, and a clock that is ahead for a while takes little with it.
"""

import time
from collections.abc import Callable

AT_ONCE = 2  # old ones that go for each new one: what was kept too long gets less
_YEAR_S = 31_556_952  # the mean one of the calendar

Keep = Callable[[], int]  # Unix seconds before which nothing is kept


def years(count: int) -> Keep:
    """Keep for so many years."""
    return lambda: int(time.time()) - count * _YEAR_S
