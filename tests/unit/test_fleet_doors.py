"""Where connections of a node of a fleet end: where it asked, or at whoever a storm has put in between."""

import asyncio
import ssl
from pathlib import Path

import pytest

from loa.sim.fleet.chip import CURRENT, Chip
from loa.sim.fleet.runtime import HostDoors
from loa.sim.fleet.stream import Authority
from loa.sim.fleet.timing import RealClock
from loa.sim.fleet.worker import new_universe
from loa.sim.storms.imposter import PORTAL, Imposter

CA = Path(__file__).parents[1] / "vectors" / "tls" / "ca.pem"


def led(detours, story):
    """Run `story(ask, origin)` on a node with these detours: `ask(port)` is the first line of what answers there, `origin` the port of a server of ours."""

    async def serve(reader, writer):
        await reader.readline()
        writer.write(b"HTTP/1.1 200 ours\r\n\r\n")
        writer.close()

    async def run():
        world, universe = new_universe(RealClock(), HostDoors(), True)
        chip = Chip(world, "a", {}, 16, 8, 1)
        CURRENT.set(chip)
        chip.power_on("power")
        universe.twin("network").LAN(0).active(True)
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        origin = server.sockets[0].getsockname()[1]
        chip.detours = detours(origin)

        async def ask(port, tls=None):
            reader, writer = await universe.twin("asyncio").open_connection("127.0.0.1", port, ssl=tls, server_hostname=tls and "broker")
            writer.write(b"GET / HTTP/1.1\r\n\r\n")
            answer = bytearray(4096)
            count = await reader.readinto(answer)
            writer.close()
            return bytes(answer[:count]).partition(b"\r\n")[0]

        await story(ask, origin)
        server.close()

    asyncio.run(run())


def test_without_a_storm_a_connection_ends_where_it_should():
    async def story(ask, origin):
        assert await ask(origin) == b"HTTP/1.1 200 ours"

    led(lambda origin: {}, story)


def test_a_portal_answers_every_connection_and_no_certificate_is_taken_for_ours():
    with Imposter(PORTAL) as portal:

        async def story(ask, origin):
            assert await ask(origin) == b"HTTP/1.1 200 OK"
            ours = Authority(ssl.PROTOCOL_TLS_CLIENT)
            ours.load_verify_locations(ssl.PEM_cert_to_DER_cert(CA.read_text()))
            with pytest.raises(ssl.SSLError):
                await ask(8883, ours)

        led(lambda origin: {"*": portal.port}, story)


@pytest.mark.parametrize(("manner", "line"), [("status 503", b"HTTP/1.1 503 Out Of Order"), ("half an answer", b"HTTP/1.1 200 OK")])
def test_an_origin_out_of_order_is_that_of_its_port_alone(manner, line):
    with Imposter(PORTAL) as other, Imposter(manner) as broken:

        async def story(ask, origin):
            assert await ask(origin) == line
            assert await ask(other.port) == b"HTTP/1.1 200 OK"

        led(lambda origin: {str(origin): broken.port}, story)


def test_an_origin_that_resets_is_an_error():
    with Imposter("a reset") as broken:

        async def story(ask, origin):
            with pytest.raises(OSError):
                await ask(origin)

        led(lambda origin: {str(origin): broken.port}, story)
