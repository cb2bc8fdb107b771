"""Fetches, in silence, what the coming items play, soonest first, and lets go of what none needs. Chooses nothing but the order."""

import asyncio

from micropython import const

from node.bell import Bell
from node.refusal import DAMAGED, FULL, HTTP_STATUS, TIMEOUT, UNREACHABLE, Refused

_PATIENT = (DAMAGED, FULL, HTTP_STATUS, TIMEOUT, UNREACHABLE)  # may be otherwise next time; the rest is told once and left
_IDLE_MS = const(60_000)
_EXCUSE_MS = const(60_000)


class _GaveWay(Exception):
    """To others; the file goes on after them."""


class Fetcher:
    """`variant(bulletin)` gives the VARIANT to store, or raises Refused; `refused(bulletin_id, refusal)` records a failure; `on_stored()` a success.

    `check_in()` shows that it lives; `gate`: see `node.store.gate`. While `others_come()` a file is left where it is, and `others_first()` awaited before
    each and before it goes on: a small board has no memory for both.
    """

    def __init__(self, cache, get, variant, backoff, refused, on_stored, check_in, gate, others_first, others_come):
        self._check_in = check_in
        self._gate = gate
        self._others_first = others_first
        self._others_come = others_come
        self._cache = cache
        self._get = get
        self._variant = variant
        self._backoff = backoff
        self._refused = refused
        self._on_stored = on_stored
        self._upcoming = None
        self._new = Bell()
        self._hopeless = set()  # SHA-256 that cannot be had whatever the network does
        self._told = set()

    def need(self, upcoming):
        """Take the agenda's list of what is `upcoming`; the same list again is no news."""
        if upcoming is not self._upcoming:
            self._upcoming = upcoming
            self._told.clear()
            self._new.ring()

    def retry(self):
        """The network is back: what failed may come now."""
        self._hopeless.clear()
        self._backoff.reset()
        self._new.ring()

    def stored(self):
        """Ids of the coming bulletins that can be played without the network."""
        return [bulletin_id for bulletin_id, _, variant in self._wanted() if self._cache.path(variant["sha256"])]

    async def run(self):
        """Task; calls `check_in()` with every file and every piece of one that comes, and every minute while sound is out, when all downloads wait."""
        excusing = asyncio.create_task(self._excuse())
        try:
            await self._keep_fetching()
        finally:
            excusing.cancel()

    async def _excuse(self):
        while True:
            await asyncio.sleep_ms(_EXCUSE_MS)
            if not self._gate.open:
                self._check_in()

    async def _keep_fetching(self):
        while True:
            self._check_in()
            self._new.clear()
            whole = await self._fetch_all()
            if whole:
                self._backoff.reset()
            await self._new.within(_IDLE_MS if whole else self._backoff.next())

    async def _fetch_all(self):
        """True if all that is needed and can be had is stored."""
        wanted = self._wanted()
        sums = [variant["sha256"] for _, _, variant in wanted]
        self._cache.keep(sums)
        self._hopeless.intersection_update(sums)
        whole = True
        for bulletin_id, files, variant in wanted:
            if self._cache.path(variant["sha256"]) or variant["sha256"] in self._hopeless:
                continue
            try:
                if not await self._fetch(files, variant):
                    return True
                self._on_stored()
            except Refused as refused:
                self._complain(bulletin_id, refused)
                if refused.code in _PATIENT:
                    whole = False
                else:
                    self._hopeless.add(variant["sha256"])
        return whole

    async def _fetch(self, files, variant):
        """False if something else is needed meanwhile. Raises Refused."""
        while True:
            await self._others_first()
            if self._new.rung:
                return False
            self._check_in()
            try:
                await self._cache.fetch(self._get, files, variant, self._progress)
                return True
            except _GaveWay:
                pass

    def _progress(self):
        self._check_in()
        if self._others_come():
            raise _GaveWay

    def _wanted(self):
        wanted = []
        for _, bulletin_id, bulletin, files in self._upcoming or ():
            try:
                wanted.append((bulletin_id, files, self._variant(bulletin)))
            except Refused as refused:
                self._complain(bulletin_id, refused)
        return wanted

    def _complain(self, bulletin_id, refused):
        """Record a failure once, until the network or the plan is another."""
        if (bulletin_id, refused.code) not in self._told:
            self._told.add((bulletin_id, refused.code))
            self._refused(bulletin_id, refused)
