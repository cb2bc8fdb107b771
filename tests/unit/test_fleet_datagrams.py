"""Datagrams of a node of a fleet: late as its path says, lost without a word, and none while there is no network."""

import asyncio
import contextlib
import errno
import time

import pytest

from loa.sim.fleet.chip import CURRENT, Chip
from loa.sim.fleet.runtime import HostDoors
from loa.sim.fleet.timing import RealClock
from loa.sim.fleet.worker import new_universe
from loa.sim.hardware.path import BARE
from loa.station.timeserver import answer

TIME_OUT_MS = 5_000


class Mirror(asyncio.DatagramProtocol):
    """A server that keeps what it gets and sends it back, or what it `says`."""

    def __init__(self):
        self.got = []
        self.says = None

    def connection_made(self, transport):
        self._transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data, sender):
        self.got.append(data)
        self._transport.sendto(self.says or data, sender)


def asked(story, **figures):
    """Run `story(chip, mirror, exchange)` on a node with such a path; `exchange(port)` is the firmware's own, with `b"ask"`."""

    async def run():
        world, universe = new_universe(RealClock(), HostDoors(), True)
        chip = Chip(world, "a", {}, 16, 8, 1, lot="1/a", path=BARE | figures)
        CURRENT.set(chip)
        chip.power_on("power")
        lan = universe.twin("network").LAN(0)
        lan.active(True)
        transport, mirror = await asyncio.get_running_loop().create_datagram_endpoint(Mirror, local_addr=("127.0.0.1", 0))
        udp = universe.load("node.link.udp")

        def exchange(port, timeout_ms=TIME_OUT_MS):
            return udp.exchange("127.0.0.1", port, b"ask", bytes, timeout_ms)

        try:
            await story(chip, mirror, exchange)
        finally:
            transport.close()
        assert not chip.connections

    asyncio.run(run())


def test_without_a_path_an_answer_is_there_at_once():
    async def story(chip, mirror, exchange):
        assert await exchange(mirror.port) == b"ask"

    asked(story)


def test_an_answer_takes_as_long_as_the_path_both_ways():
    async def story(chip, mirror, exchange):
        began = time.monotonic()
        asking = asyncio.create_task(exchange(mirror.port))
        while not mirror.got:
            await asyncio.sleep(0.001)
        there = time.monotonic() - began
        assert await asking == b"ask"
        back = time.monotonic() - began
        assert there >= 0.1 and back - there >= 0.3

    asked(story, delay_median=100, asymmetry=200)


def test_what_is_lost_never_comes():
    async def story(chip, mirror, exchange):
        assert await exchange(mirror.port, 100) is None
        assert mirror.got == []

    asked(story, loss=1.0)


def test_in_a_stall_it_waits_and_comes_behind_it():
    async def story(chip, mirror, exchange):
        chip.stalled = True
        asking = asyncio.create_task(exchange(mirror.port))
        await asyncio.sleep(0.1)
        assert mirror.got == [] and not asking.done()
        chip.stalled = False
        assert await asking == b"ask"

    asked(story)


def test_without_a_name_server_only_names_are_not_answered():
    async def story(chip, mirror, exchange):
        chip.dns = False
        assert await exchange(53, 50) is None
        assert await exchange(mirror.port) == b"ask"

    asked(story)


def test_without_network_there_is_no_route_and_what_was_under_way_is_gone():
    async def story(chip, mirror, exchange):
        asking = asyncio.create_task(exchange(mirror.port, 300))
        await asyncio.sleep(0.02)
        chip.link = "full"
        for connection in list(chip.connections):
            connection.abort()
        assert await asking is None and mirror.got == []
        with pytest.raises(OSError) as refused:
            await exchange(mirror.port)
        assert refused.value.errno == errno.EHOSTUNREACH

    asked(story, delay_median=100)


def test_who_gives_up_leaves_nothing_behind():
    async def story(chip, mirror, exchange):
        asking = asyncio.create_task(exchange(mirror.port))
        await asyncio.sleep(0.02)
        asking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asking
        await asyncio.sleep(0.1)
        assert mirror.got == []

    asked(story, delay_median=50)


def test_a_time_server_that_lies_is_believed_by_those_that_it_lies_to():
    truth = answer(b"\x23" + bytes(47), 1_700_000_000 * 1_000_000_000)

    async def story(chip, mirror, exchange):
        mirror.says = truth
        assert await exchange(mirror.port) == truth
        chip.time_lie = {str(mirror.port): -86_400}
        told, true = (int.from_bytes(packet[40:44], "big") for packet in (await exchange(mirror.port), truth))
        assert told == true - 86_400

    asked(story)
