"""Whether this computer's clock may date what is signed: what time servers say of it, kept so that every process of the station knows.

A station whose clock is a day ahead takes its nodes along: its signed answer is the last word on their time, and revisions of the future hold their
floor long after it is put right. So nothing is signed while all time servers that answer contradict the clock. Where none is named or none answers
nothing is known, and the clock is believed: a commune may have no way out.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence

from loa.errors import LoaError
from loa.language import _
from loa.station import timeclient
from loa.station.database import Database

_LOG = logging.getLogger(__name__)
WRONG_S = 3600  # that far off it is wrong; less does no harm, and no server is that late
AGAIN_S = 900.0
_SOON_S = 30.0  # while it is wrong: servers may have been
_LOOK_S = 0.5
_SET_S = 60  # a clock that moved that far against the monotonic one was set, or the computer slept or began anew

Ask = Callable[[Sequence[tuple[str, int]]], list[float]]


class HostClock:
    """The clock, as `servers` (host, port) judge it. Without servers it is always believed."""

    def __init__(self, database: Database, servers: Sequence[tuple[str, int]], ask: Ask = timeclient.asked) -> None:
        self._database = database
        self._servers = tuple(servers)
        self._ask = ask
        self._asked_at: int | None = None  # the clock against the monotonic one, when servers were asked last

    def ahead_s(self) -> int | None:
        """Seconds by which all servers that answered last found it ahead, behind if negative; None if it is believed.

        What they found counts until the clock is set.
        """
        row = self._database.row("SELECT ahead, against FROM clock")
        return row["ahead"] if row and abs(_against_monotonic() - row["against"]) <= _SET_S else None

    def check(self) -> None:
        """Raises `LoaError` if it is wrong."""
        ahead = self.ahead_s()
        if ahead is None:
            return
        hint = _("set the clock; if it is the servers that are wrong, run the station with --trust-clock")
        if ahead > 0:
            raise LoaError(_("this computer's clock is {far} ahead of the time servers: nothing is signed", far=far(ahead)), hint)
        raise LoaError(_("this computer's clock is {far} behind the time servers: nothing is signed", far=far(-ahead)), hint)

    @property
    def may_date(self) -> bool:
        """True if what is signed now may bear its time. After the clock was set that is known once the servers were asked again."""
        return not self._servers or (self._was_asked() and self.ahead_s() is None)

    def ask(self) -> None:
        """Ask the servers, for some two seconds at most. What was known stays if none answers."""
        self._judge(self._ask(self._servers) if self._servers else [])

    async def follow(self) -> None:
        """Task: asks now and then, and at once when the clock was set. Ends at once without servers."""
        while self._servers:
            self._judge(await asyncio.to_thread(self._ask, self._servers))
            again = time.monotonic() + (AGAIN_S if self.ahead_s() is None else _SOON_S)
            while time.monotonic() < again and self._was_asked():
                await asyncio.sleep(_LOOK_S)

    def trust(self) -> None:
        """Believe it from now on, in every process, until somebody asks again."""
        self._servers = ()
        self._forget()

    def _was_asked(self) -> bool:
        return self._asked_at is not None and abs(_against_monotonic() - self._asked_at) <= _SET_S

    def _judge(self, found: list[float]) -> None:
        self._asked_at = _against_monotonic()
        if not found:
            return
        ahead = contradiction(found)
        if ahead is None:
            self._forget()
            return
        if self.ahead_s() is None:
            _LOG.warning("time servers find this computer's clock %d s ahead: nothing is signed until it is set", ahead)
        with self._database.transaction() as rows:
            rows.execute("DELETE FROM clock")
            rows.execute("INSERT INTO clock VALUES (?, ?)", (ahead, self._asked_at))

    def _forget(self) -> None:
        if self._database.row("SELECT 1 FROM clock"):
            _LOG.warning("this computer's clock is believed again")
            with self._database.transaction() as rows:
                rows.execute("DELETE FROM clock")


def contradiction(found: list[float]) -> int | None:
    """The least that all servers find the clock ahead (or behind, negative), in seconds; None if they do not agree that it is wrong."""
    if min(found) > WRONG_S:
        return round(min(found))
    if max(found) < -WRONG_S:
        return round(max(found))
    return None


def far(seconds: int) -> str:
    """A length of time for people, in days or hours."""
    days, hours = seconds // 86400, seconds // 3600
    return _("{days} days", days=days) if days >= 2 else _("{hours} h", hours=hours)


def _against_monotonic() -> int:
    """The same in every process of the computer until the clock is set."""
    return round(time.time() - time.monotonic())
