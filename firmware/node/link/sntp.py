"""Keeps asking time servers until one is believed, then now and then: gentle on servers (RFC 4330, 10), deaf to nonsense.

Good to some ten milliseconds, because an answer may wait for the event loop. It measures and hands over; what is believed is `clock`'s decision.
"""

import asyncio
import os
import time

from micropython import const

from node.link import ntp, udp
from node.link.backoff import Backoff
from node.link.clock import SNTP
from node.refusal import Refused

PORT = 123
_TIMEOUT_MS = const(2500)
_FIRST_MS = const(4_000)
_LONGEST_MS = const(15 * 60_000)  # also the least interval after a kiss "RATE"
_AGAIN_MS = const(60 * 60_000)  # once synchronised
_LEAST_MS = const(15_000)  # between two questions (RFC 4330, 10)
_RATE = b"RATE"


class Sntp:
    """`servers()` gives names or addresses, or (name, port) pairs, best first. `chance` gives a number of [0, 1)."""

    def __init__(self, resolver, servers, clock, chance):
        self._resolver = resolver
        self._servers = servers
        self._clock = clock
        self._forbidden = set()  # servers that said they never want to be asked again
        self._backoff = Backoff(_FIRST_MS, _LONGEST_MS, chance)
        self.why = None  # reason of the last failure, for the log; None after a success

    async def run(self):
        """Task: never ends. Where the time is doubted it asks again soon: a node whose time is ahead gives orders up that others play."""
        doubted = self._clock.doubted
        while True:
            pause_ms = await self.ask_all()
            least_ms = min(pause_ms, _LEAST_MS)
            await asyncio.sleep_ms(least_ms)
            await doubted.within(pause_ms - least_ms)
            doubted.clear()

    async def ask_all(self):
        """Ask the servers in turn until the clock believes one; return after how many ms to ask again."""
        pause_ms = self._backoff.next()
        for server in tuple(self._servers()):
            if server in self._forbidden:
                continue
            try:
                unix_ms = await self.ask(server)
                if self._clock.set(unix_ms, SNTP):
                    self.why = None
                    self._backoff.reset()
                    return self._backoff.around(_AGAIN_MS)
                self.why = f"{server}: proved to be wrong"
            except ntp.Unfit as unfit:
                self.why = f"{server}: {unfit}"
                if unfit.kiss == _RATE:
                    pause_ms = max(pause_ms, self._backoff.around(_LONGEST_MS))
                elif unfit.kiss:
                    self._forbidden.add(server)  # DENY, RSTR and unknown ones (RFC 5905, 7.4)
            except (Refused, OSError) as error:
                self.why = f"{server}: {error}"
        return pause_ms

    async def ask(self, server):
        """Unix ms now, as `server` has it. Raises ntp.Unfit, Refused(UNREACHABLE) for a name without an address, OSError without a route."""
        name, port = (server, PORT) if isinstance(server, str) else server
        address = await self._resolver.resolve(name)
        nonce = os.urandom(8)

        def answer_of(datagram):
            return datagram if ntp.answers(datagram, nonce) else None

        sent = time.ticks_ms()
        packet = await udp.exchange(address, port, ntp.request(nonce), answer_of, _TIMEOUT_MS)
        if packet is None:
            raise ntp.Unfit("no answer")
        return ntp.unix_ms(packet, time.ticks_diff(time.ticks_ms(), sent))
