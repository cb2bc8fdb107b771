"""The cut link of a simulated node: nothing passes, nobody is told, and an open connection goes on when it is back."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from boot_support import WAIT_S, running

from loa.testing.lab import runtime

TALK = """
import asyncio, network, socket
async def talk(board, port):
    name, make = board.uplinks[0]
    wlan = make()
    wlan.active(True)
    wlan.connect("loa", "secret")
    while not wlan.isconnected():
        await asyncio.sleep_ms(50)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    print("connected")
    up = True
    while True:
        if up != wlan.isconnected():
            up = not up
            print("up" if up else "down", wlan.status())
            if not up:
                await refused(port)
        writer.write(b"ping\\n")
        await asyncio.wait_for_ms(writer.drain(), 200) if up else None
        try:
            line = await asyncio.wait_for_ms(reader.readline(), 200)
            print("heard while", "up" if wlan.isconnected() else "down")
        except asyncio.TimeoutError:
            print("nothing")
        board.watchdog.feed()
        await asyncio.sleep_ms(20)
async def refused(port):
    other = socket.socket()
    try:
        other.connect(socket.getaddrinfo("127.0.0.1", port)[0][-1])
        print("connected through a cut link")
    except OSError as error:
        print("no route", error.errno)
    try:
        socket.getaddrinfo("localhost", port)
        print("resolved through a cut link")
    except OSError as error:
        print("no name", error.errno)
    other.close()
def main(board):
    asyncio.run(talk(board, %d))
"""


@contextmanager
def echo() -> Iterator[tuple[int, list[bytes]]]:
    """A server that sends back what it gets; its port and everything that arrived."""
    arrived: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection, suppress(ConnectionResetError):
                while piece := connection.recv(4096):
                    arrived.append(piece)
                    connection.sendall(piece)

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1], arrived


def test_nothing_passes_a_cut_link_and_everything_goes_on_after(loa_node):
    with echo() as (port, arrived):
        talker = running(loa_node, TALK % port, runtime("micropython"))
        talker.wait_for("^heard while up$", WAIT_S)
        talker.link(False)
        down = talker.wait_for("^down 1001$", WAIT_S)
        talker.wait_for("^no route 113$", WAIT_S, since=down.end())
        talker.wait_for("^no name -202$", WAIT_S, since=down.end())
        quiet = talker.wait_for("^nothing$", WAIT_S, since=down.end())
        count = len(arrived)
        quiet = talker.wait_for("^nothing$", WAIT_S, since=quiet.end())
        talker.wait_for("^nothing$", WAIT_S, since=quiet.end())
        assert len(arrived) == count
        before = len(talker.log())
        talker.link(True)
        talker.wait_for("^up 1010$", WAIT_S, since=before)
        talker.wait_for("^heard while up$", WAIT_S, since=before)
        assert "heard while down" not in talker.log() and "cut link" not in talker.log()
        assert len(talker.boots) == 1


def test_a_node_that_wakes_without_a_link_waits_for_it(loa_node):
    application = """
import asyncio
async def wait(board):
    name, make = board.uplinks[0]
    wlan = make()
    wlan.active(True)
    wlan.connect("loa", "secret")
    await asyncio.sleep_ms(50)
    print("status", wlan.status())
    while not wlan.isconnected():
        board.watchdog.feed()
        await asyncio.sleep_ms(50)
    print("address", wlan.ifconfig()[0])
def main(board):
    asyncio.run(wait(board))
"""
    waiting = running(loa_node, application, runtime("micropython"))
    waiting.power_off()
    waiting.link(False)
    before = len(waiting.log())
    waiting.start()
    waiting.wait_for("^status 1001$", WAIT_S, since=before)
    waiting.link(True)
    waiting.wait_for("^address 127.0.0.1$", WAIT_S, since=before)
