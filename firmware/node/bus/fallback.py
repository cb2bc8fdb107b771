"""Fetches the node's documents by HTTP while its broker is out of reach (DESIGN, "The wire", HTTP): the same bytes, handed to the same judge.

Commands and reports have no such way: they wait for the broker.
"""

import asyncio

from micropython import const

from node.bell import Bell
from node.bus import topics
from node.bus.limits import DOCUMENT_BYTES_MAX
from node.refusal import HTTP_STATUS, ORIGIN, OVERSIZED, TIMEOUT, UNREACHABLE, Refused

_AFTER_MS = const(60_000)
_EVERY_MS = const(60_000)
_FETCH_MS = const(30_000)
_PIECE = const(512)
_OK = const(200)
_NOTHING_NEW = (304, 404)
_NO_SERVER = (UNREACHABLE, TIMEOUT, ORIGIN)


def places(area, node_id):
    """What a node polls, as (audience, kind): trust first, for without it nothing else is believed."""
    kinds = (topics.TRUST, topics.PLAN, topics.AIR)
    listed = [(audience, kind) for kind in kinds for audience in topics.chain(area)]
    return listed + [(topics.node_audience(node_id), kind) for kind in (topics.AIR, topics.SEEN)]


class Fallback:
    """Polls `origin` (such as `https://station.example:8443`) for what `wanted()` lists, see `places`.

    `get(url, headers)`: async, returns a response with `status`, `headers` (names in lower case), async `readinto(view)` and `close()`; raises Refused.
    `on_document(topic, raw)`: async, as for the session; True if it need not see these bytes again. `backoff`: `next()` after a failed round, `around(ms)`
    otherwise, `reset()`. The first round starts `after_ms` after the broker was lost, the next ones follow `every_ms` later.

    `why`: the Refused that the last round ended with, None if it went well or there was none.
    """

    def __init__(self, get, origin, wanted, on_document, backoff, after_ms=_AFTER_MS, every_ms=_EVERY_MS, fetch_ms=_FETCH_MS):
        self.why = None
        self._get = get
        self._origin = origin
        self._wanted = wanted
        self._on_document = on_document
        self._backoff = backoff
        self._after_ms = after_ms
        self._every_ms = every_ms
        self._fetch_ms = fetch_ms
        self._tags = {}  # path: ETag of what was taken
        self._down = asyncio.Event()
        self._up = Bell()
        self._down.set()

    def broker_down(self):
        """The broker is out of reach, as it is in the beginning."""
        self._up.clear()
        self._down.set()

    def broker_up(self):
        """The broker is back: a fetch under way is finished, no other begins."""
        self._down.clear()
        self._up.ring()

    async def run(self):
        """Task: polls whenever the broker is away for long enough."""
        while True:
            await self._down.wait()
            wait_ms = self._backoff.around(self._after_ms)
            while not await self._up.within(wait_ms):
                wait_ms = await self._round()

    async def _round(self):
        """Ask for everything once; return how long to wait. A document that cannot be had does not hide the others, a server that cannot be reached does."""
        self.why = None
        for audience, kind in self._wanted():
            if self._up.rung:
                break
            try:
                await self._ask(audience, kind)
            except Refused as refused:
                self.why = refused
                if refused.code in _NO_SERVER:
                    break
        if self.why:
            return self._backoff.next()
        self._backoff.reset()
        return self._backoff.around(self._every_ms)

    async def _ask(self, audience, kind):
        path = topics.path_to(audience, kind)
        try:
            raw, tag = await asyncio.wait_for_ms(self._fetch(path), self._fetch_ms)
        except asyncio.TimeoutError:
            raise Refused(TIMEOUT, "{} took more than {} ms".format(path, self._fetch_ms))
        if raw is not None and await self._on_document(topics.to(audience, kind), raw):
            self._tags[path] = tag

    async def _fetch(self, path):
        """(raw, ETag) of a document that is new; (None, None) if there is none or it is the one already taken (RFC 9110, 13.1.2)."""
        tag = self._tags.get(path)
        response = await self._get(self._origin + path, {"If-None-Match": tag} if tag else {})
        try:
            if response.status in _NOTHING_NEW:
                return None, None
            if response.status != _OK:
                raise Refused(HTTP_STATUS, "status {} for {}".format(response.status, path))
            return await _body(response), response.headers.get("etag")
        finally:
            response.close()


async def _body(response):
    """The whole body, in as much memory as it needs. Raises Refused(OVERSIZED) instead of reading more than a document may have."""
    body = bytearray()
    piece = memoryview(bytearray(_PIECE))
    while len(body) <= DOCUMENT_BYTES_MAX:
        count = await response.readinto(piece)
        if not count:
            return body
        body.extend(piece[:count])
    raise Refused(OVERSIZED, "more than {} bytes".format(DOCUMENT_BYTES_MAX))
