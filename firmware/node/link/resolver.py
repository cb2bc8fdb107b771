"""Names to IPv4 addresses without ever blocking the event loop, as `getaddrinfo` would for seconds (BOARD, "Calls that cannot be split").

An address once found is kept: when no server answers any more, an old one is better than none. Nothing is trusted by its address.
"""

import os
import time

from micropython import const

from node.link import dns, udp
from node.refusal import UNREACHABLE, Refused

PORT = 53
_TRY_MS = const(1000)  # doubled in the second round: 9 s with three dead servers, less than a connection is waited for
_ROUNDS = const(2)
_SERVERS_MAX = const(3)
_NAMES_MAX = const(8)
_TTL_MIN_S = const(30)
_TTL_MAX_S = const(3600)
_LOCAL = "127.0.0.1"


class Resolver:
    """`servers()` gives the addresses of DNS servers, as the uplink learns them, or (address, port) pairs; the first three are asked.

    Each is waited for `try_ms`, and twice as long in a second round, which is left out where an old address is at hand.
    """

    def __init__(self, servers, try_ms=_TRY_MS):
        self._servers = servers
        self._try_ms = try_ms
        self._known = {}  # name: _Entry, oldest use first

    async def resolve(self, name):
        """An IPv4 address of `name` as text; an address is its own. Raises Refused(UNREACHABLE) if nobody ever knew one."""
        if is_address(name):
            return name
        name = name.lower()
        if name == "localhost":
            return _LOCAL
        entry = self._known.get(name)
        if entry is None or entry.is_stale():
            found = await self._ask(name, 1 if entry else _ROUNDS)
            if found:
                entry = self._keep(name, _Entry(*found))
        if entry is None:
            raise Refused(UNREACHABLE, f"no address is known for {name}")
        return entry.addresses[0]

    def doubt(self, name):
        """No connection came about with the address of `name`: ask again next time, and meanwhile take its next one."""
        entry = self._known.get(name.lower())
        if entry:
            entry.doubt()

    async def _ask(self, name, rounds):
        """`(addresses, ttl)`, or None where no server gave any."""
        try:
            question = dns.question(int.from_bytes(os.urandom(2), "big"), name)
        except ValueError as error:
            raise Refused(UNREACHABLE, str(error))
        for round_number in range(rounds):
            for server in tuple(self._servers())[:_SERVERS_MAX]:
                address, port = (server, PORT) if isinstance(server, str) else server
                found = await _ask_server(address, port, question, self._try_ms << round_number)
                if found:
                    return found if found[0] else None
        return None

    def _keep(self, name, entry):
        self._known.pop(name, None)
        if len(self._known) >= _NAMES_MAX:
            del self._known[next(iter(self._known))]
        self._known[name] = entry
        return entry


class _Entry:
    def __init__(self, addresses, ttl_s):
        self.addresses = addresses
        self._stale_at = time.ticks_add(time.ticks_ms(), min(max(ttl_s, _TTL_MIN_S), _TTL_MAX_S) * 1000)

    def is_stale(self):
        # Ticks cannot tell more than six days apart, so what was stale once stays so; an entry asked for more rarely is caught by `doubt`.
        if self._stale_at is not None and time.ticks_diff(time.ticks_ms(), self._stale_at) >= 0:
            self._stale_at = None
        return self._stale_at is None

    def doubt(self):
        self._stale_at = None
        self.addresses = self.addresses[1:] + self.addresses[:1]


async def _ask_server(address, port, question, timeout_ms):
    def answer_of(datagram):
        try:
            return dns.answer(datagram, question) or _NO_ANSWER
        except dns.Malformed:
            return None  # forged or broken: the real answer may still come (RFC 5452, 9)

    try:
        found = await udp.exchange(address, port, question, answer_of, timeout_ms)
    except OSError:
        return None  # no route to this server: the next one may have one
    return None if found is _NO_ANSWER else found


_NO_ANSWER = ()  # a server that could not tell


def is_address(text):
    """True for a dotted IPv4 address."""
    parts = text.split(".")
    return len(parts) == 4 and all(0 < len(part) <= 3 and all("0" <= digit <= "9" for digit in part) and int(part) < 256 for part in parts)
