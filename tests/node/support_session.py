"""A session and its broker in memory, in virtual time: `told(scenario)` runs `async scenario(node)` against a session that runs beside it."""

import asyncio

from support_broker import Backoff, Broker
from support_time import VirtualClock

from node.bus.mqtt import packets
from node.bus.mqtt.session import Session

FILTERS = (("loa/v1/to/son-la/+", 0), ("loa/v1/to/node/loa-01/+", 1))
WILL = ("loa/v1/from/loa-01/state", b'{"online":false}')
_KEEPALIVE_S = 60


class Node:
    """The node's side: its session, and all that the session told it. While `may_act` is cleared, messages are not dealt with."""

    def __init__(self, clock, broker):
        self._clock = clock
        self.broker = broker
        self.backoff = Backoff()
        self.ups = 0
        self.downs = []
        self.failures = 0
        self.messages = []
        self.oversized = []
        self.may_act = asyncio.Event()
        self.may_act.set()
        self.session = Session(
            broker.connect,
            lambda: (packets.connect("loa-01", _KEEPALIVE_S, WILL, "loa-01", "secret"), FILTERS),
            self._on_message,
            self.backoff,
            self._on_up,
            self._on_down,
            lambda topic, size: self.oversized.append((topic, size)),
            self._on_failed,
            keepalive_s=_KEEPALIVE_S,
        )
        self._moved = asyncio.Event()
        self.task = asyncio.create_task(self.session.run())

    @property
    def seconds(self):
        return self._clock.now_us // 1_000_000

    async def until(self, condition):
        """Wait until something told by the session makes the condition true."""
        while not condition():
            self._moved.clear()
            await self._moved.wait()

    async def is_up(self, codes=b"\x00\x01"):
        """Accept the next connection and let it come up; returns the broker's end."""
        ups = self.ups
        peer = await self.broker.accept()
        await peer.welcome(codes)
        await self.until(lambda: self.ups > ups)
        return peer

    async def is_down(self):
        """Wait until the session says that it is down; returns the code of why."""
        downs = len(self.downs)
        await self.until(lambda: len(self.downs) > downs)
        return self.downs[-1]

    def _on_up(self):
        self.ups += 1
        self._moved.set()

    def _on_down(self, why):
        self.downs.append(why and why.code)
        self._moved.set()

    def _on_failed(self):
        self.failures += 1
        self._moved.set()

    async def _on_message(self, topic, payload):
        await self.may_act.wait()
        self.messages.append((topic, payload))
        self._moved.set()


def told(scenario, most=1 << 20):
    """Run it; `most`: bytes that one read brings at most."""
    clock = VirtualClock()

    async def run():
        node = Node(clock, Broker(most))
        await scenario(node)
        if not node.task.done():
            node.task.cancel()
            try:
                await node.task
            except asyncio.CancelledError:
                pass

    clock.run(run())
